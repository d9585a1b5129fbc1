"""The German words for signs, money and units."""

from __future__ import annotations

from voicecli.speech.normalize.cardinals import german
from voicecli.speech.normalize.vocabulary import Words, currencies, noun, nouns, rates
from voicecli.speech.word_lists import among, listed

WORDS = Words(
    cardinal=german,
    minus="minus",
    plus="plus",
    times="mal",
    divided="geteilt durch",
    equals="gleich",
    less="kleiner als",
    greater="größer als",
    less_equal="kleiner oder gleich",
    greater_equal="größer oder gleich",
    not_equal="ungleich",
    under="weniger als",
    more="mehr als",
    about="etwa",
    plus_minus="plus minus",
    root="Wurzel aus",
    percent="Prozent",
    permille="Promille",
    degrees="Grad",
    point="Komma",
    to="bis",
    by="mal",
    per="pro",
    over="durch",
    power="hoch",
    squared="hoch zwei",
    cubed="hoch drei",
    number="Nummer",
    paragraph=noun("Paragraf/Paragrafen"),
    ratio="zu",
    rates=rates("""
        Monat = pro Monat
        Jahr = pro Jahr
        Woche = pro Woche
        Tag = pro Tag
        Nacht = pro Nacht
        Stunde Std. Std h = pro Stunde
        Minute Min. min = pro Minute
        Sekunde Sek. s = pro Sekunde
        Person = pro Person
        Stück = pro Stück
        km = pro Kilometer
        kg = pro Kilogramm
        g = pro Gramm
        Liter L l = pro Liter
        ml = pro Milliliter
        m² qm = pro Quadratmeter
        m³ = pro Kubikmeter
        kWh = pro Kilowattstunde
    """),
    conjunction="und",
    at="at",
    dot="Punkt",
    hashtag="Hashtag",
    sharp="sharp",
    months=listed("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
    short_months={"jan": 1, "feb": 2, "mär": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "okt": 10, "nov": 11, "dez": 12},
    currencies=currencies("""
        € EUR Euro = Euro, Cent
        $ Dollar = Dollar, Cent
        US$ USD = US-Dollar, Cent
        £ GBP = Pfund, Pence
        CHF = Franken, Rappen
        ¥ JPY = Yen
        ₽ RUB = Rubel, Kopeken
        ₿ BTC = Bitcoin
    """),
    units=nouns("""
        km = Kilometer
        m = Meter
        cm = Zentimeter
        mm = Millimeter
        µm = Mikrometer
        nm = Nanometer
        km/h = Kilometer pro Stunde
        km/s = Kilometer pro Sekunde
        m/s = Meter pro Sekunde
        m/s² = Meter pro Quadratsekunde
        m² = Quadratmeter
        qm = Quadratmeter
        km² = Quadratkilometer
        cm² = Quadratzentimeter
        m³ = Kubikmeter
        cm³ = Kubikzentimeter
        kg = Kilogramm
        g = Gramm
        mg = Milligramm
        µg = Mikrogramm
        t = *Tonne/Tonnen
        l = Liter
        L = Liter
        ml = Milliliter
        cl = Zentiliter
        dl = Deziliter
        EL = Esslöffel
        TL = Teelöffel
        °C = Grad Celsius
        °F = Grad Fahrenheit
        ° = Grad
        KB = Kilobyte
        kB = Kilobyte
        MB = Megabyte
        GB = Gigabyte
        TB = Terabyte
        Mbit/s = Megabit pro Sekunde
        Hz = Hertz
        kHz = Kilohertz
        MHz = Megahertz
        GHz = Gigahertz
        W = Watt
        kW = Kilowatt
        MW = Megawatt
        kWh = *Kilowattstunde/Kilowattstunden
        V = Volt
        A = Ampere
        mA = Milliampere
        hPa = Hektopascal
        kcal = *Kilokalorie/Kilokalorien
        kJ = Kilojoule
        dB = Dezibel
        ms = *Millisekunde/Millisekunden
        s = *Sekunde/Sekunden
        Sek. = *Sekunde/Sekunden
        min = *Minute/Minuten
        Min. = *Minute/Minuten
        h = *Stunde/Stunden
        Std. = *Stunde/Stunden
        ha = Hektar
        J. = Jahr/Jahre
        PS = PS
    """),
    scales={"Mio.": "Millionen", "Mrd.": "Milliarden", "Mio": "Millionen", "Mrd": "Milliarden", "Tsd.": "tausend"},
    scale_words=("Million", "Millionen", "Milliarde", "Milliarden", "Billionen", r"Mio\.?", r"Mrd\.?", r"Tsd\.?"),
    year_before=among("""
        jahr jahre seit bis ab vor nach von um anno januar februar märz april mai juni juli august september oktober november dezember sommer
        winter frühjahr herbst ende anfang mitte in im
    """),
    phone_before=among("notruf telefon tel telefonnummer rufnummer nummer anrufen handy mobil fax"),
    chapters=among("""
        absatz abs satz nummer nr seite art kap abb bd paragraf kapitel teil akt szene band weltkrieg typ artikel klasse stufe phase buch abschnitt
    """),
    said=among("NATO NASA UNESCO UNICEF OPEC AIDS LASER FIFA UEFA COVID RAM ROM PIN SIM DAX BAFÖG BaFin HIFI TÜV DIN"),
)  # fmt: skip
