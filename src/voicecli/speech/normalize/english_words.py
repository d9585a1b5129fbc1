"""The English words for signs, money and units."""

from __future__ import annotations

from voicecli.speech.normalize.cardinals import english
from voicecli.speech.normalize.vocabulary import Words, currencies, nouns
from voicecli.speech.word_lists import among, listed

WORDS = Words(
    cardinal=english,
    minus="minus",
    plus="plus",
    times="times",
    divided="divided by",
    equals="equals",
    less="is less than",
    greater="is greater than",
    less_equal="is less than or equal to",
    greater_equal="is greater than or equal to",
    not_equal="is not equal to",
    under="less than",
    more="more than",
    about="about",
    plus_minus="plus or minus",
    root="the square root of",
    percent="percent",
    permille="per mille",
    degrees="degrees",
    point="point",
    to="to",
    by="by",
    per="per",
    over="over",
    power="to the power of",
    squared="squared",
    cubed="cubed",
    number="number",
    conjunction="and",
    at="at",
    dot="dot",
    hashtag="hashtag",
    sharp="sharp",
    months=listed("January February March April May June July August September October November December"),
    short_months={"jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10, "nov": 11, "dec": 12},
    currencies=currencies("""
        $ = dollar/dollars, cent/cents
        US$ USD = U.S dollar/U.S dollars, cent/cents
        £ = pound/pounds, pence
        GBP = British pound/British pounds, pence
        € EUR = euro/euros, cent/cents
        ¥ JPY = yen
        ₹ INR = rupee/rupees, paise
        ₽ RUB = ruble/rubles, kopeks
        ₩ KRW = won
        ₿ BTC = bitcoin
        CHF = Swiss franc/Swiss francs, centimes
        CAD = Canadian dollar/Canadian dollars, cent/cents
        AUD = Australian dollar/Australian dollars, cent/cents
        ¢ = cent/cents
    """),
    units=nouns("""
        km = kilometer/kilometers
        m = meter/meters
        cm = centimeter/centimeters
        mm = millimeter/millimeters
        µm = micrometer/micrometers
        μm = micrometer/micrometers
        nm = nanometer/nanometers
        km/h = kilometer an hour/kilometers an hour
        kph = kilometer an hour/kilometers an hour
        km/s = kilometer per second/kilometers per second
        m/s = meter per second/meters per second
        m/s² = meter per second squared/meters per second squared
        m/s^2 = meter per second squared/meters per second squared
        mph = mile per hour/miles per hour
        mpg = mile per gallon/miles per gallon
        m² = square meter/square meters
        km² = square kilometer/square kilometers
        cm² = square centimeter/square centimeters
        m³ = cubic meter/cubic meters
        cm³ = cubic centimeter/cubic centimeters
        ft² = square foot/square feet
        g/cm³ = gram per cubic centimeter/grams per cubic centimeter
        mg/dL = milligram per deciliter/milligrams per deciliter
        sq mi = square mile/square miles
        mi² = square mile/square miles
        kg/m² = kilogram per square meter/kilograms per square meter
        kg/m³ = kilogram per cubic meter/kilograms per cubic meter
        bpm = beat per minute/beats per minute
        sq ft = square foot/square feet
        kg = kilogram/kilograms
        g = gram/grams
        mg = milligram/milligrams
        µg = microgram/micrograms
        mcg = microgram/micrograms
        lb = pound/pounds
        lbs = pound/pounds
        oz = ounce/ounces
        ft = foot/feet
        in. = inch/inches
        ft. = foot/feet
        mi = mile/miles
        yd = yard/yards
        L = liter/liters
        l = liter/liters
        ml = milliliter/milliliters
        mL = milliliter/milliliters
        cl = centiliter/centiliters
        dl = deciliter/deciliters
        tsp = teaspoon/teaspoons
        tbsp = tablespoon/tablespoons
        °C = degree Celsius/degrees Celsius
        ℃ = degree Celsius/degrees Celsius
        °F = degree Fahrenheit/degrees Fahrenheit
        ℉ = degree Fahrenheit/degrees Fahrenheit
        ° C = degree Celsius/degrees Celsius
        ° F = degree Fahrenheit/degrees Fahrenheit
        ° = degree/degrees
        KB = kilobyte/kilobytes
        kB = kilobyte/kilobytes
        MB = megabyte/megabytes
        GB = gigabyte/gigabytes
        TB = terabyte/terabytes
        Mbps = megabit per second/megabits per second
        Gbps = gigabit per second/gigabits per second
        kbps = kilobit per second/kilobits per second
        Hz = hertz
        kHz = kilohertz
        MHz = megahertz
        GHz = gigahertz
        W = watt/watts
        kW = kilowatt/kilowatts
        MW = megawatt/megawatts
        kWh = kilowatt hour/kilowatt hours
        V = volt/volts
        mV = millivolt/millivolts
        A = ampere/amperes
        mA = milliampere/milliamperes
        mAh = milliampere hour/milliampere hours
        Pa = pascal/pascals
        hPa = hectopascal/hectopascals
        psi = pound per square inch/pounds per square inch
        kcal = kilocalorie/kilocalories
        cal = calorie/calories
        kJ = kilojoule/kilojoules
        J = joule/joules
        N = newton/newtons
        K = kelvin
        dB = decibel/decibels
        ms = millisecond/milliseconds
        min. = minute/minutes
        min = minute/minutes
        sec = second/seconds
        sec. = second/seconds
        s = second/seconds
        hr = hour/hours
        hrs = hour/hours
        h = hour/hours
        ha = hectare/hectares
        px = pixel/pixels
        fps = frame per second/frames per second
        rpm = revolution per minute/revolutions per minute
        ppm = part per million/parts per million
    """),
    scales={"k": "thousand", "K": "thousand", "M": "million", "m": "million", "B": "billion", "b": "billion", "bn": "billion", "T": "trillion"},
    scale_words=("thousand", "million", "billion", "trillion"),
    fractions={},
    year_before=among("""
        in since by from until till before after year during of around circa to between mid early late summer winter spring autumn fall
        about january february march april may june july august september october november december
    """),
    phone_before=among("call dial phone number telephone tel at") - {"at", "number"},
    chapters=among("""
        chapter part act scene war type phase vol volume title section book article class stage level bowl figure table appendix grade
        step category round page unit mark
    """),
    said=among("""
        NASA NATO UNESCO UNICEF OPEC AIDS LASER RADAR SONAR SCUBA SWAT FIFA UEFA ASCII COVID JPEG GIF RAM ROM PIN SIM ZIP WiFi BASIC COBOL
        FEMA OSHA NAFTA ASEAN NASDAQ CRISPR POTUS SARS MERS ROFL YOLO LAN WAN VAT MIDI RAID CAPTCHA BIOS DOS GUI CUDA LED
    """) - {"LED", "GUI"},
)  # fmt: skip
