# ruff: noqa: E501 - tables are easier to read in long lines
"""The words of French, Italian, Portuguese, Dutch, Polish and Russian for numbers, dates, times, money and the most usual units."""

from __future__ import annotations

from collections.abc import Callable

from voicecli.speech.normalize.cardinals import dutch, french, italian, portuguese
from voicecli.speech.normalize.cardinals_slavic import polish, russian
from voicecli.speech.normalize.vocabulary import Words, currencies, noun, nouns, rates
from voicecli.speech.word_lists import among, listed

_CYRILLIC = listed("км м см мм км/ч м/с м² км² м³ кг г мг л л мл °С ° мин ч ГБ МБ кВт Вт")
_UNITS = listed("km m cm mm km/h m/s m² km² m³ kg g mg l L ml °C ° min h GB MB kW W")


def _words(
    cardinal: Callable[[int], str],
    signs: str,
    *,
    months: str,
    units: str,
    money: str,
    scales: str,
    years: str,
    phones: str,
    paragraph: str,
    per: str,
    ratio: str = "",
) -> Words:
    """Builds the words of a language. `signs` and `units` are in a fixed order, separated by vertical bars."""
    said = [part.strip() for part in signs.split("|")]
    (
        minus,
        plus,
        times,
        divided,
        equals,
        less,
        greater,
        under,
        more,
        about,
        percent,
        point,
        to,
        number,
        conjunction,
        at,
        dot,
        power,
        squared,
    ) = said
    rows = "\n".join(
        f"{sign} = {words.strip()}"
        for sign, words in zip(
            (*_UNITS, *(_CYRILLIC if cardinal is russian else ())),
            units.split("|") * (2 if cardinal is russian else 1),
            strict=True,
        )
    )
    return Words(
        cardinal=cardinal, minus=minus, plus=plus, times=times, divided=divided, equals=equals, less=less, greater=greater, less_equal="", greater_equal="",
        not_equal="", under=under, more=more, about=about, plus_minus=f"{plus} {minus}", root="√", percent=percent, permille="‰", degrees="°", point=point,
        to=to, by=times, per="", over=divided, power=power, squared=squared, cubed=f"{power} {cardinal(3)}", number=number, conjunction=conjunction, at=at,
        dot=dot, hashtag="hashtag", sharp="sharp", months=listed(months), currencies=currencies(money), units=nouns(rows),
        scale_words=listed(scales), year_before=among(years), phone_before=among(phones),
        paragraph=noun(paragraph), ratio=ratio, rates=rates("\n".join(per.split("|"))),
    )  # fmt: skip


FRENCH = _words(
    french,
    "moins|plus|fois|divisé par|égale|est inférieur à|est supérieur à|moins de|plus de|environ|pour cent|virgule|à|numéro|et|arobase|point|puissance|au carré",
    months="janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    units="kilomètre/kilomètres|mètre/mètres|centimètre/centimètres|millimètre/millimètres|kilomètre heure/kilomètres heure|mètre par seconde/mètres par "
    "seconde|mètre carré/mètres carrés|kilomètre carré/kilomètres carrés|mètre cube/mètres cubes|kilogramme/kilogrammes|gramme/grammes|milligramme/"
    "milligrammes|litre/litres|litre/litres|millilitre/millilitres|degré Celsius/degrés Celsius|degré/degrés|*minute/minutes|*heure/heures|gigaoctet/"
    "gigaoctets|mégaoctet/mégaoctets|kilowatt/kilowatts|watt/watts",
    money="€ EUR = euro/euros, centime/centimes\n$ USD US$ = dollar/dollars, cent/cents\n£ GBP = *livre/livres, penny/pence\nCHF = franc/francs, centime/centimes\n¥ = yen/yens",
    scales="mille million millions milliard milliards",
    years="en depuis vers avant après dès jusqu année l'an",
    phones="téléphone tél numéro appelez composez",
    paragraph="paragraphe/paragraphes",
    per="mois = par mois|an = par an|semaine = par semaine|jour j = par jour|nuit = par nuit|heure h = par heure|personne = par personne|kg = par kilo|l L = par litre|m² = par mètre carré|s = par seconde|min = par minute",
    ratio="à",
)  # fmt: skip
ITALIAN = _words(
    italian,
    "meno|più|per|diviso|uguale a|minore di|maggiore di|meno di|più di|circa|per cento|virgola|a|numero|e|chiocciola|punto|elevato a|al quadrato",
    months="gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    units="chilometro/chilometri|metro/metri|centimetro/centimetri|millimetro/millimetri|chilometro orario/chilometri orari|metro al secondo/metri al "
    "secondo|metro quadrato/metri quadrati|chilometro quadrato/chilometri quadrati|metro cubo/metri cubi|chilogrammo/chilogrammi|grammo/grammi|"
    "milligrammo/milligrammi|litro/litri|litro/litri|millilitro/millilitri|grado Celsius/gradi Celsius|grado/gradi|minuto/minuti|ora/ore|gigabyte|"
    "megabyte|chilowatt|watt",
    money="€ EUR = euro, centesimo/centesimi\n$ USD US$ = dollaro/dollari, centesimo/centesimi\n£ GBP = *sterlina/sterline, penny/pence\nCHF = franco/franchi, centesimo/centesimi\n¥ = yen",
    scales="mila milione milioni miliardo miliardi",
    years="nel dal del anno",
    phones="telefono tel numero chiamare",
    paragraph="paragrafo/paragrafi",
    per="mese = al mese|anno = all'anno|settimana = alla settimana|giorno = al giorno|notte = a notte|ora h = all'ora|persona = a persona|kg = al chilo|l L = al litro|m² = al metro quadrato|s = al secondo|min = al minuto",
    ratio="a",
)  # fmt: skip
PORTUGUESE = _words(
    portuguese,
    "menos|mais|vezes|dividido por|igual a|menor que|maior que|menos de|mais de|cerca de|por cento|vírgula|a|número|e|arroba|ponto|elevado a|ao quadrado",
    months="janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    units="quilômetro/quilômetros|metro/metros|centímetro/centímetros|milímetro/milímetros|quilômetro por hora/quilômetros por hora|metro por segundo/"
    "metros por segundo|metro quadrado/metros quadrados|quilômetro quadrado/quilômetros quadrados|metro cúbico/metros cúbicos|quilograma/quilogramas|"
    "grama/gramas|miligrama/miligramas|litro/litros|litro/litros|mililitro/mililitros|grau Celsius/graus Celsius|grau/graus|minuto/minutos|*hora/horas|"
    "gigabyte/gigabytes|megabyte/megabytes|quilowatt/quilowatts|watt/watts",
    money="R$ BRL = real/reais, centavo/centavos\n€ EUR = euro/euros, cêntimo/cêntimos\n$ USD US$ = dólar/dólares, centavo/centavos\n£ GBP = *libra/libras, pêni/pence\n¥ = iene/ienes",
    scales="mil milhão milhões bilhão bilhões",
    years="em desde até ano de",
    phones="telefone tel número ligue",
    paragraph="parágrafo/parágrafos",
    per="mês = por mês|ano = por ano|semana = por semana|dia = por dia|noite = por noite|hora h = por hora|pessoa = por pessoa|kg = por quilo|l L = por litro|m² = por metro quadrado|s = por segundo|min = por minuto",
    ratio="a",
)  # fmt: skip
DUTCH = _words(
    dutch,
    "min|plus|keer|gedeeld door|is|is kleiner dan|is groter dan|minder dan|meer dan|ongeveer|procent|komma|tot|nummer|en|at|punt|tot de macht|kwadraat",
    months="januari februari maart april mei juni juli augustus september oktober november december",
    units="kilometer|meter|centimeter|millimeter|kilometer per uur|meter per seconde|vierkante meter|vierkante kilometer|kubieke meter|kilo|gram|milligram|"
    "liter|liter|milliliter|graad Celsius/graden Celsius|graad/graden|minuut/minuten|uur|gigabyte|megabyte|kilowatt|watt",
    money="€ EUR = euro, cent\n$ USD US$ = dollar, cent\n£ GBP = pond, pence\n¥ = yen",
    scales="duizend miljoen miljard",
    years="in sinds tot vanaf voor na rond jaar",
    phones="telefoon tel nummer bel",
    paragraph="paragraaf/paragrafen",
    per="maand = per maand|jaar = per jaar|week = per week|dag = per dag|nacht = per nacht|uur u = per uur|persoon = per persoon|kg = per kilo|l L = per liter|m² = per vierkante meter|s = per seconde|min = per minuut",
    ratio="tegen",
)  # fmt: skip
POLISH = _words(
    polish,
    "minus|plus|razy|podzielić przez|równa się|jest mniejsze niż|jest większe niż|mniej niż|więcej niż|około|procent|przecinek|do|numer|i|małpa|kropka|do potęgi|"
    "do kwadratu",
    months="stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    units="kilometr/kilometry/kilometrów|metr/metry/metrów|centymetr/centymetry/centymetrów|milimetr/milimetry/milimetrów|kilometr na godzinę/kilometry na "
    "godzinę/kilometrów na godzinę|metr na sekundę/metry na sekundę/metrów na sekundę|metr kwadratowy/metry kwadratowe/metrów kwadratowych|kilometr "
    "kwadratowy/kilometry kwadratowe/kilometrów kwadratowych|metr sześcienny/metry sześcienne/metrów sześciennych|kilogram/kilogramy/kilogramów|gram/gramy/"
    "gramów|miligram/miligramy/miligramów|litr/litry/litrów|litr/litry/litrów|mililitr/mililitry/mililitrów|stopień Celsjusza/stopnie Celsjusza/stopni "
    "Celsjusza|stopień/stopnie/stopni|*minuta/minuty/minut|*godzina/godziny/godzin|gigabajt/gigabajty/gigabajtów|megabajt/megabajty/megabajtów|kilowat/"
    "kilowaty/kilowatów|wat/waty/watów",
    money="zł PLN = złoty/złote/złotych, grosz/grosze/groszy\n€ EUR = euro, cent/centy/centów\n$ USD US$ = dolar/dolary/dolarów, cent/centy/centów\n"
    "£ GBP = funt/funty/funtów, pens/pensy/pensów\n¥ = jen/jeny/jenów",
    scales="tysiąc tysiące tysięcy milion miliony milionów miliard miliardy miliardów tys. mln mld",
    years="",
    phones="telefon tel numer",
    paragraph="paragraf/paragrafy/paragrafów",
    per="miesiąc mies. = miesięcznie|rok = rocznie|tydzień = tygodniowo|dzień = dziennie|noc = za noc|h godz. = za godzinę|osoba os. = od osoby|kg = za kilogram|l L = za litr|m² = na metr kwadratowy|s = na sekundę|min = na minutę",
    ratio="",
)  # fmt: skip
RUSSIAN = _words(
    russian,
    "минус|плюс|умножить на|разделить на|равно|меньше|больше|меньше|больше|около|процентов|запятая|до|номер|и|собака|точка|в степени|в квадрате",
    months="января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    units="километр/километра/километров|метр/метра/метров|сантиметр/сантиметра/сантиметров|миллиметр/миллиметра/миллиметров|километр в час/километра в час/"
    "километров в час|метр в секунду/метра в секунду/метров в секунду|квадратный метр/квадратных метра/квадратных метров|квадратный километр/квадратных "
    "километра/квадратных километров|кубический метр/кубических метра/кубических метров|килограмм/килограмма/килограммов|грамм/грамма/граммов|миллиграмм/"
    "миллиграмма/миллиграммов|литр/литра/литров|литр/литра/литров|миллилитр/миллилитра/миллилитров|градус Цельсия/градуса Цельсия/градусов Цельсия|градус/"
    "градуса/градусов|*минута/минуты/минут|час/часа/часов|гигабайт/гигабайта/гигабайт|мегабайт/мегабайта/мегабайт|киловатт/киловатта/киловатт|ватт/ватта/ватт",
    money="₽ руб RUB = рубль/рубля/рублей, *копейка/копейки/копеек\n$ USD US$ = доллар/доллара/долларов, цент/цента/центов\n€ EUR = евро, цент/цента/центов\n"
    "£ GBP = фунт/фунта/фунтов, пенс/пенса/пенсов\n¥ = иена/иены/иен",
    scales="тысяча тысячи тысяч миллион миллиона миллионов миллиард миллиарда миллиардов тыс. млн млрд",
    years="",
    phones="телефон тел номер",
    paragraph="параграф/параграфы/параграфов",
    per="месяц мес. = в месяц|год = в год|неделю = в неделю|день = в день|ночь = за ночь|час ч = в час|чел. = с человека|кг = за килограмм|л = за литр|м² = на квадратный метр|с = в секунду|мин = в минуту",
    ratio="",
)  # fmt: skip
