"""The Spanish words for signs, money and units."""

from __future__ import annotations

from voicecli.speech.normalize.cardinals import spanish
from voicecli.speech.normalize.vocabulary import Words, currencies, noun, nouns, rates
from voicecli.speech.word_lists import among, listed

WORDS = Words(
    cardinal=spanish,
    minus="menos",
    plus="más",
    times="por",
    divided="dividido por",
    equals="igual a",
    less="menor que",
    greater="mayor que",
    less_equal="menor o igual que",
    greater_equal="mayor o igual que",
    not_equal="distinto de",
    under="menos de",
    more="más de",
    about="unos",
    plus_minus="más menos",
    root="raíz cuadrada de",
    percent="por ciento",
    permille="por mil",
    degrees="grados",
    point="coma",
    to="a",
    by="por",
    per="por",
    over="sobre",
    power="elevado a",
    squared="al cuadrado",
    cubed="al cubo",
    number="número",
    paragraph=noun("párrafo/párrafos"),
    ratio="a",
    rates=rates("""
        mes = al mes
        año = al año
        semana = a la semana
        día = al día
        noche = por noche
        hora h = por hora
        minuto min = por minuto
        segundo s = por segundo
        persona = por persona
        km = por kilómetro
        kg = por kilogramo
        g = por gramo
        litro L l = por litro
        m² = por metro cuadrado
        m³ = por metro cúbico
        kWh = por kilovatio hora
    """),
    conjunction="y",
    at="arroba",
    dot="punto",
    hashtag="hashtag",
    sharp="sharp",
    months=listed("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
    currencies=currencies("""
        € EUR = euro/euros, céntimo/céntimos
        $ USD US$ = dólar/dólares, centavo/centavos
        £ GBP = *libra/libras, penique/peniques
        MXN = peso mexicano/pesos mexicanos, centavo/centavos
        ¥ JPY = yen/yenes
        CHF = franco suizo/francos suizos, céntimo/céntimos
        ₿ BTC = bitcoin/bitcoines
    """),
    units=nouns("""
        km = kilómetro/kilómetros
        m = metro/metros
        cm = centímetro/centímetros
        mm = milímetro/milímetros
        km/h = kilómetro por hora/kilómetros por hora
        km/s = kilómetro por segundo/kilómetros por segundo
        m/s = metro por segundo/metros por segundo
        m/s² = metro por segundo al cuadrado/metros por segundo al cuadrado
        m² = metro cuadrado/metros cuadrados
        km² = kilómetro cuadrado/kilómetros cuadrados
        cm² = centímetro cuadrado/centímetros cuadrados
        m³ = metro cúbico/metros cúbicos
        kg = kilogramo/kilogramos
        g = gramo/gramos
        mg = miligramo/miligramos
        t = *tonelada/toneladas
        l = litro/litros
        L = litro/litros
        ml = mililitro/mililitros
        mL = mililitro/mililitros
        cl = centilitro/centilitros
        °C = grado Celsius/grados Celsius
        °F = grado Fahrenheit/grados Fahrenheit
        ° = grado/grados
        KB = kilobyte/kilobytes
        MB = megabyte/megabytes
        GB = gigabyte/gigabytes
        TB = terabyte/terabytes
        Mbps = megabit por segundo/megabits por segundo
        Hz = hercio/hercios
        MHz = megahercio/megahercios
        GHz = gigahercio/gigahercios
        W = vatio/vatios
        kW = kilovatio/kilovatios
        kWh = kilovatio hora/kilovatios hora
        V = voltio/voltios
        A = amperio/amperios
        kcal = kilocaloría/kilocalorías
        dB = decibelio/decibelios
        ms = milisegundo/milisegundos
        s = segundo/segundos
        min = minuto/minutos
        h = *hora/horas
        ha = *hectárea/hectáreas
    """),
    scales={},
    scale_words=("mil", "millón", "millones", "billón", "billones"),
    year_before=among("en desde hasta año de"),
    phone_before=among("teléfono tel llama llame número"),
    chapters=among("""
        párrafo art cap pág página núm número nº capítulo parte acto escena tomo guerra mundial tipo artículo fase libro volumen clase nivel título
    """),
    said=among("NASA UNESCO UNICEF OPEP FIFA UEFA COVID RAM ROM PIN SIM ONU OTAN SIDA OVNI UE IVA ONG OMS RENFE"),
)  # fmt: skip
