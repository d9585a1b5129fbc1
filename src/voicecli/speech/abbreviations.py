# ruff: noqa: RUF001 - Russian is written in Cyrillic
"""Abbreviations that end in a full stop: how each is read, and whether a sentence may end after it.

The splitter and the reading of numbers and words share these tables, so that what is read as one word is never split.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from voicecli.speech.word_lists import among


def _table(text: str) -> Mapping[str, str]:
    """Parses lines of `short forms = reading`. A reading may be empty if it is unknown, or if the voice reads the abbreviation by itself."""
    found = {}
    for line in text.strip().splitlines():
        shorts, _, reading = line.partition("=")
        for short in shorts.split():
            found[short] = reading.strip()
    return MappingProxyType(found)


TITLES: Final = MappingProxyType(
    {
        "en": _table("""
            dr = Doctor
            mr = Mister
            mrs = Missis
            ms = Miz
            prof = Professor
            rev = Reverend
            messrs = Messers
            capt = Captain
            lt = Lieutenant
            sgt = Sergeant
            gov = Governor
            sen = Senator
            gen = General
            col = Colonel
            cmdr = Commander
            adm = Admiral
            maj = Major
            hon = Honorable
            mt = Mount
            ft = Fort
            supt = Superintendent
        """),
        "de": _table("""
            dr = Doktor
            prof = Professor
            hr = Herr
            hrn = Herrn
            fr = Frau
            frl = Fräulein
            dipl = Diplom
            ing = Ingenieur
            hl = heilige
            st = Sankt
            mag = Magister
        """),
        "es": _table("""
            dr = doctor
            dra = doctora
            sr = señor
            sra = señora
            srta = señorita
            sres = señores
            d = don
            dña = doña
            prof = profesor
            ud vd = usted
            uds vds = ustedes
            sto = santo
            sta = santa
            gral = general
            lic = licenciado
            ing = ingeniero
        """),
        "fr": _table("m = Monsieur\nmm = Messieurs\nmme = Madame\nmlle = Mademoiselle\ndr = Docteur\npr = Professeur"),
        "it": _table(
            "sig = signor\nsigg = signori\ndott = dottor\navv = avvocato\ning = ingegner\nprof = professor\nmons ="
        ),
        "pt": _table("sr = senhor\nsra = senhora\ndr = doutor\ndra = doutora\nprof = professor"),
        "nl": _table("dhr = de heer\nmevr = mevrouw\ndr = dokter\nprof = professor\nmr = meester\nir = ingenieur"),
        "pl": _table("dr =\nprof = profesor\nmgr =\ninż = inżynier\nks = ksiądz\nśw = święty"),
        "ru": _table("г-н = господин\nг-жа = госпожа\nсв = святой\nпроф = профессор\nдр ="),
    }
)
"""Abbreviations before a name. A sentence never ends after them, and a capital letter after them proves nothing."""

LEADS_ON: Final = MappingProxyType(
    {
        "en": _table(
            "e.g eg = for example\nincl = including\nexcl = excluding\ni.e ie = that is\nvs = versus\ncf = compare\nviz = namely"
        ),
        "de": _table("""
            z.b = zum Beispiel
            d.h = das heißt
            u.a = unter anderem
            i.d.r = in der Regel
            s.o = siehe oben
            s.u = siehe unten
            v.a = vor allem
            o.ä = oder ähnlich
            bzw = beziehungsweise
            vgl = vergleiche
            sog = sogenannte
            inkl = inklusive
            zzgl = zuzüglich
            evtl = eventuell
            ggf = gegebenenfalls
            med = med
            phil = phil
            jur = jur
            rer = rer
            nat = nat
        """),
        "es": _table("p.ej p.e = por ejemplo\navda av = avenida\nvs = versus\ncf ="),
        "fr": _table("av = avenue\np.ex = par exemple\nc.-à-d = c'est-à-dire"),
        "it": _table("p.es = per esempio"),
        "pt": _table("av = avenida\np.ex = por exemplo"),
        "nl": _table("bijv bv = bijvoorbeeld\nd.w.z = dat wil zeggen\no.a = onder andere\nm.b.t = met betrekking tot"),
        "pl": _table("np = na przykład\ntj = to jest\ntzn = to znaczy\nm.in = między innymi\ntzw = tak zwany"),
        "ru": _table("т.е = то есть\nт.к = так как\nт.н = так называемый\nнапр = например\nим = имени\nул = улица"),
    }
)
"""Abbreviations in the middle of a sentence. The sentence continues after them."""

NUMBERED: Final = MappingProxyType(
    {
        "en": _table("""
            no nos = number
            fig figs = figure
            vol = volume
            ch = chapter
            sec sect = section
            art = article
            par para = paragraph
            ex = example
            p = page
            pp = pages
            approx = approximately
            ext = extension
            apt = apartment
            appt = appointment
            bldg = building
            hwy = highway
            ca = circa
            tel = telephone
            st = street
            jan = January
            feb = February
            mar = March
            apr = April
            jun = June
            jul = July
            aug = August
            sep sept = September
            oct = October
            nov = November
            dec = December
        """),
        "de": _table("""
            nr = Nummer
            zi = Zimmer
            abb = Abbildung
            art = Artikel
            bd = Band
            kap = Kapitel
            abs = Absatz
            s = Seite
            ca = circa
            tel = Telefon
            jan = Januar
            feb = Februar
            apr = April
            jun = Juni
            jul = Juli
            aug = August
            sep sept = September
            okt = Oktober
            nov = November
            dez = Dezember
        """),
        "es": _table("""
            núm nro = número
            pág = página
            págs = páginas
            cap = capítulo
            vol = volumen
            art = artículo
            fig = figura
            tel = teléfono
            aprox = aproximadamente
        """),
        "fr": _table("p = page\nchap = chapitre\nfig = figure\nvol = volume\nart = article\nenv = environ"),
        "it": _table("n = numero\npag = pagina\ncap = capitolo\nfig = figura\nart = articolo\nnum = numero\nsec ="),
        "pt": _table("núm = número\npág = página\ncap = capítulo\nfig = figura\nart = artigo"),
        "nl": _table("nr = nummer\nblz = bladzijde\nhfst = hoofdstuk\nafb = afbeelding\nver ="),
        "pl": _table("nr = numer\nstr = strona\nrozdz = rozdział\nrys = rysunek\nok = około"),
        "ru": _table("стр = страница\nрис = рисунок\nгл = глава\nтел = телефон\nок = около"),
    }
)
"""Abbreviations that mostly come before a number. Before a capital letter they may end a sentence ("No." does)."""

OTHERS: Final = MappingProxyType(
    {
        "en": _table("""
            etc = et cetera
            jr = Junior
            ave = Avenue
            blvd = Boulevard
            rd = Road
            inc = Incorporated
            ltd = Limited
            corp = Corporation
            co = Company
            dept = department
            est = established
            min = minutes
            max = maximum
            hr = hour
            hrs = hours
        """),
        "de": _table("""
            usw = und so weiter
            etc = et cetera
            str = Straße
            mio = Millionen
            mrd = Milliarden
            u.s.w = und so weiter
            jh = Jahrhundert
            min = Minuten
            max = maximal
            std = Stunden
            gem = gemäß
        """),
        "es": _table(
            "etc = etcétera\ndcha = derecha\nincl = incluido\nizda izq = izquierda\nc = calle\nmáx = máximo\nmín = mínimo\nee.uu = Estados Unidos\n"
            "depto = departamento"
        ),
        "fr": _table("etc = et cetera\nbd = boulevard"),
        "it": _table("ecc = eccetera"),
        "pt": _table("etc = et cetera"),
        "nl": _table("enz = enzovoort\netc = et cetera"),
        "pl": _table("itd = i tak dalej\nitp = i tym podobne"),
        "ru": _table("и.т.д = и так далее\nруб = рублей\nтыс = тысяч\nмлн = миллионов\nмлрд = миллиардов"),
    }
)
"""Abbreviations that may occur anywhere. A sentence may end after them."""


def _keys(tables: Mapping[str, Mapping[str, str]]) -> frozenset[str]:
    return frozenset(short for table in tables.values() for short in table)


_ONLY_IN_ITS_LANGUAGE = among("d m mm ft st min max co est hon maj mag hl")

NEVER_LAST: Final = ((_keys(TITLES) | _keys(LEADS_ON)) - _ONLY_IN_ITS_LANGUAGE) | {"mio", "mrd", "tsd"}
"""A sentence never ends after these, in any language. Abbreviations that are words or units in another language are left out."""

BEFORE_NUMBER: Final = _keys(NUMBERED) | among("num mar ver sect sec par")
"""A sentence does not end between one of these and a number."""


def reading(short: str, language: str) -> str | None:
    """Returns the reading of `short` (in lower case, without its last full stop) in `language`; None if it is not known."""
    for tables in (TITLES, LEADS_ON, NUMBERED, OTHERS):
        if found := tables.get(language, {}).get(short):
            return found
    return None


_LITTLE_WORDS = among("""
        a an and are as at by for from in into is near of off on or over the to under via was were with we i he she they it so
    """)


def is_street(before: str) -> bool:
    """Whether "St." after the word `before` means a street and not a saint: "Elm St.", but "in St. Louis"."""
    word = before.strip("\"'“(")
    return (
        bool(word)
        and word[-1] not in ",;:"
        and (word[0].isupper() or word[0].isdigit())
        and word.lower() not in _LITTLE_WORDS
    )
