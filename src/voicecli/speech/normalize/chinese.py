# ruff: noqa: E501 - tables are easier to read in long lines
"""The rules of Chinese, as spoken in Mandarin."""

from __future__ import annotations

import re
from string import ascii_uppercase

from voicecli.speech.normalize.chinese_numbers import NUMBER, cardinal, number, spelled, ungrouped
from voicecli.speech.normalize.grouping import is_address, is_grouped
from voicecli.speech.normalize.numbers import left_of, mark_before, right_of, word_before
from voicecli.speech.normalize.rule_engine import Key, Trial
from voicecli.speech.normalize.rules import ANY, DIGITS, SECOND, SPACES, Placed, Rule
from voicecli.speech.punctuation import is_wide
from voicecli.speech.word_lists import listed

_SIGNS = {
    "+": "加", "-": "减", "−": "减", "×": "乘", "*": "乘", "÷": "除以", "/": "除以", "=": "等于", "<": "小于", ">": "大于", "≤": "小于等于",
    "≥": "大于等于", "≠": "不等于", "≈": "约等于", "±": "正负",
}  # fmt: skip
_UNITS = {
    "km/h": "公里每小时", "m/s": "米每秒", "km/s": "公里每秒", "m/s²": "米每二次方秒", "km": "公里", "m": "米", "cm": "厘米", "mm": "毫米", "nm": "纳米", "kg": "公斤", "g": "克", "mg": "毫克",
    "t": "吨", "L": "升", "l": "升", "ml": "毫升", "mL": "毫升", "m²": "平方米", "㎡": "平方米", "km²": "平方公里", "m³": "立方米", "°C": "摄氏度", "℃": "摄氏度",
    "°F": "华氏度", "°": "度", "W": "瓦", "kW": "千瓦", "kWh": "千瓦时", "V": "伏", "A": "安", "Hz": "赫兹", "kHz": "千赫", "MHz": "兆赫", "GHz": "吉赫",
    "kcal": "千卡", "min": "分钟", "s": "秒", "h": "小时", "ha": "公顷", "dB": "分贝", "hPa": "百帕",
}  # fmt: skip
_MONEY = {
    "$": "美元", "US$": "美元", "USD": "美元", "€": "欧元", "EUR": "欧元", "£": "英镑", "GBP": "英镑", "¥": "元", "￥": "元", "CNY": "元", "RMB": "元",
    "JPY": "日元", "HK$": "港元", "₩": "韩元", "₽": "卢布",
}  # fmt: skip
_SCALES = listed("亿 万 千 百 千万 百万 千亿 万亿")
_TO = "-–—~～"
_WON = "的比分|大胜|小胜|险胜|完胜|获胜|取胜|战胜|击败|领先|落后|不敌|胜|负|战平|打平"
_PER = "月|年|天|日|周|季度|小时|分钟|秒|人|位|晚|次|斤|公斤|千克|克|升|个|件|只|张|本|瓶|平方米|平米|平|股|度"
_BEFORE_TO = re.compile(r"\d\s?[\u4e00-\u9fff]{1,2}$|(?:周|星期)[一二三四五六日天]$")
_LONGEST_BEFORE_TO = 4
"""In characters: what `_BEFORE_TO` looks at."""

_AMOUNT_BEFORE = re.compile(r"\d\s?[\u4e00-\u9fff$￥¥€£]{0,3}$")
_PHONE_BEFORE = ("电话", "拨打", "号码", "手机", "拨", "热线")


def _phone(found: re.Match[str]) -> str:
    return spelled(found[0], phone=True)


class Chinese(Placed):
    """The rules of Chinese. Instances hold patterns and no state."""

    def __init__(self) -> None:
        super().__init__()
        n = NUMBER
        units = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
        money = "|".join(re.escape(sign) for sign in sorted(_MONEY, key=len, reverse=True))
        scales = "|".join(sorted(_SCALES, key=len, reverse=True))
        date = r"(?P<y>\d{4})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})(?!\d)"
        amount = rf"(?P<n>{n})(?P<scale>{scales})?"
        to = f"[{_TO}]"
        of_units, of_money, of_scales = (frozenset(name[0] for name in names) for names in (_UNITS, _MONEY, _SCALES))
        spaces, dashes, dashes_in_words = set(SPACES), set(_TO), set(_TO + "至到")
        self.number = re.compile(n)
        self.narrowed: dict[Key, list[Trial]] = {}
        self.numbers: list[Rule] = [
            self.behind("-/.", date, self.date, dashed=DIGITS),
            (re.compile(r"1[3-9]\d{9}(?!\d)"), _phone),
            self.behind(
                "- ",
                r"\d{3,4}-\d{7,8}(?!\d)|1[3-9]\d[- ]\d{4}[- ]\d{4}|[48]00[- ](?:\d{3}[- ]\d{4}|\d{4}[- ]\d{3})(?!\d)"
                r"|0\d{2,3}[- ]\d{3,4}[- ]\d{4}(?!\d)",
                _phone,
                spaced=DIGITS,
                dashed=DIGITS,
            ),
            self.behind(
                spaces | dashes_in_words,
                rf"(?P<a>\d{{4}})\s?[{_TO}至到]\s?(?P<b>\d{{4}})(?=\s?年)",
                lambda found: f"{spelled(found['a'])}到{spelled(found['b'])}",
                spaced=dashes_in_words,
                dashed=SECOND,
            ),
            self.behind(SPACES + "年", r"(?P<y>\d{4})(?=\s?年)", self.year, spaced="年"),
            self.behind(":：", rf"(?P<a>\d{{1,3}})[:：](?P<b>\d{{1,3}})(?=\s?(?:{_WON}))", self.ratio),
            self.behind(
                ":：",
                rf"(?P<a>\d{{1,2}}[:：][0-5]\d)\s?[{_TO}至到]\s?(?P<b>\d{{1,2}}[:：][0-5]\d)(?![\d:：])",
                self.times,
            ),
            self.behind(":：", r"(?P<h>\d{1,2})[:：](?P<m>[0-5]\d)(?:[:：](?P<s>[0-5]\d))?(?!\d)", self.time),
            self.behind(
                ":：" + SPACES, r"(?P<a>\d{1,4})\s?[:：]\s?(?P<b>\d{1,4})(?![\d:：])", self.ratio, spaced=":："
            ),
            self.behind(".", r"\d{1,5}(?:\.\d{1,5}){2,5}", self.version),
            self.behind("室号房", r"\d{3,4}(?=室|号?房(?![价产贷租屋子]))", lambda found: spelled(found[0])),
            self.beside(
                "%" + SPACES,
                rf"(?P<a>{n})\s?%\s?{to}\s?(?P<b>{n})\s?%",
                lambda found: f"百分之{number(found['a'])}到百分之{number(found['b'])}",
                spaced="%",
            ),
            self.beside(
                spaces | dashes,
                rf"(?P<a>{n})\s?{to}\s?(?P<b>{n})(?:\s?(?P<percent>%)|\s?(?P<unit>{units})(?![A-Za-z²³/])|(?![\d=])(?!\s?=))",
                self.range,
                spaced=dashes,
                dashed=SECOND,
            ),
            self.beside(
                "%％" + SPACES,
                rf"(?P<n>{n})\s?[%％]",
                lambda found: f"百分之{'百' if found['n'] == '100' else number(found['n'])}",
                spaced="%％",
            ),
            self.beside("‰" + SPACES, rf"(?P<n>{n})\s?‰", lambda found: f"千分之{number(found['n'])}", spaced="‰"),
            self.behind("/⁄", r"(?P<n>\d{1,4})[/⁄](?P<d>\d{1,4})(?![\d/])", self.fraction),
            self.beside(
                spaces | of_scales | of_money, rf"{amount}\s?(?P<cur>{money})(?![A-Za-z])", self.amount, spaced=of_money
            ),
            self.beside(
                spaces | of_units,
                rf"(?P<n>{n})\s?(?P<unit>{units})\s?{to}\s?(?P<minus>[-−]?)(?P<b>{n})\s?(?P=unit)(?![A-Za-z²³/])",
                self.measures,
                spaced=of_units,
            ),
            self.beside(
                spaces | of_units, rf"(?P<n>{n})\s?(?P<unit>{units})(?![A-Za-z²³/])", self.measure, spaced=of_units
            ),
            self.beside(
                "^" + SPACES, rf"(?P<n>{n})\s?\^\s?\(?(?P<e>[-−]?\d{{1,6}}|[a-z]\b)\)?", self.power, spaced="^"
            ),
            self.beside("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", rf"(?P<n>{n})(?P<e>[⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{{1,5}})", self.power),
            (self.number, self.plain_number),
        ]
        self.glued: list[Rule] = [(re.compile(r"\d{1,40}(?:\.\d{1,20})?"), self.plain_number)]
        self.letters: list[Rule] = [
            self.word(
                ANY,
                "@.+_-" + DIGITS,
                re.compile(r"[\w.+-]{1,64}+@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.ASCII),
                self.address,
            ),
            self.word(of_money, ANY, rf"(?P<minus>)(?P<cur>{money})\s?{amount}", self.amount),
            self.word("D", ".", r"Dr\.\s?", lambda _: "医生"),
            self.word("N", ".", r"No\.\s?(?P<n>\d{1,9})", lambda found: f"{cardinal(int(found['n']))}号"),
            self.word(ascii_uppercase, "+", r"[A-Z]\+\+", lambda found: f"{found[0][0]}加加"),
            self.word("IVX", ANY, r"[IVX]{1,6}(?![A-Za-z])", self.roman),
            self.word(ascii_uppercase, ANY, r"[A-Z]{2,5}(?![A-Za-z])", lambda found: " ".join(found[0])),
        ]
        self.signs: list[Rule] = [
            self.begins(
                of_money | set("-−"),
                rf"(?P<minus>[-−]?)(?P<cur>{money})\s?{amount}",
                self.amount,
                then=of_money | spaces | set(DIGITS),
            ),
            self.begins(
                dashes, rf"{to}(?=\d|周[一二三四五六日天]|星期[一二三四五六日天])", self.to, then="周星" + DIGITS
            ),
            self.begins("-−", r"[-−](?=\d)", self.negative, then=DIGITS),
            self.begins("§", rf"§{{1,9}}\s?(?P<a>{n})(?:\s?{to}\s?(?P<b>{n}))?", self.paragraph),
            self.begins("/", rf"/(?P<per>{_PER}|kg|g|L|m²|㎡|km|kWh)(?![A-Za-z])", self.rate),
            self.begins("+", r"\+(?P<code>\d{1,3})[ -]?(?=1[3-9]\d)", lambda found: f"加{spelled(found['code'])} "),
            self.begins("+", r"\+\d{1,3}(?:[- ]\d{2,5}){2,5}(?!\d)", lambda found: f"加{spelled(found[0])}"),
            self.begins("(", r"\(0\d{2,3}\)[ -]?\d{3,4}[ -]?\d{4}(?!\d)", lambda found: spelled(found[0])),
            self.begins("-−+×*÷/=<>≤≥≠≈±", r"(?P<op>[-−+×*÷/=<>≤≥≠≈±])\s?(?=[\d√(xyzabcn-])", self.operator),
            self.begins("√", r"√", lambda _: "根号"),
            self.begins("⁰¹²³⁴⁵⁶⁷⁸⁹", r"(?P<e>[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,5})", self.exponent),
            self.begins("#", r"#(?=\w)", lambda _: ""),
            self.begins("&", r"&", lambda _: "和"),
        ]

    def date(self, found: re.Match[str]) -> str | None:
        """Reads `2024-03-15`."""
        month, day = int(found["m"]), int(found["d"])
        if not (1 <= month <= 12 and 1 <= day <= 31):
            return None
        return f"{spelled(found['y'])}年{cardinal(month)}月{cardinal(day)}日"

    def year(self, found: re.Match[str]) -> str | None:
        """Reads `1945年`."""
        return spelled(found["y"]) if found["y"][0] in "12" and not left_of(found).endswith("公元前") else None

    def time(self, found: re.Match[str]) -> str | None:
        """Reads `14:30`."""
        hour, minute = int(found["h"]), int(found["m"])
        if left_of(found).rstrip("是为：: ").endswith("比分"):
            return None
        return self.time_words(hour, minute, int(found["s"]) if found["s"] else None) if hour <= 24 else None

    @staticmethod
    def time_words(hour: int, minute: int, second: int | None) -> str:
        """Returns a time of day in words."""
        said = f"{'两' if hour == 2 else cardinal(hour)}点"
        if minute or second is not None:
            said += f"{'零' if minute < 10 else ''}{cardinal(minute)}分"
        return said + (f"{cardinal(second)}秒" if second is not None else "")

    def times(self, found: re.Match[str]) -> str:
        """Reads `9:00-21:30`."""
        hours = [[int(part) for part in re.split("[:：]", found[name])] for name in ("a", "b")]
        return "到".join(self.time_words(hour, minute, None) for hour, minute in hours)

    def ratio(self, found: re.Match[str]) -> str:
        """Reads `3:1`."""
        return f"{cardinal(int(found['a']))}比{cardinal(int(found['b']))}"

    def version(self, found: re.Match[str]) -> str | None:
        """Reads `1.2.3`."""
        parts = found[0].split(".")
        if is_grouped(parts) and not is_address(parts):
            return None
        return "点".join(spelled(part) if is_address(parts) else cardinal(int(part)) for part in parts)

    def to(self, found: re.Match[str]) -> str | None:
        """Reads the sign in `3月-5月` and `周一-周五`."""
        left = found.string[max(0, found.start() - _LONGEST_BEFORE_TO) : found.start()]
        return "到" if _BEFORE_TO.search(left) else None

    def paragraph(self, found: re.Match[str]) -> str:
        """Reads `§ 5`."""
        return f"第{number(found['a'])}{'到' + number(found['b']) if found['b'] else ''}节"

    def rate(self, found: re.Match[str]) -> str | None:
        """Reads the end of `3500元/月`."""
        if not _AMOUNT_BEFORE.search(left_of(found)):
            return None
        return f"每{_UNITS.get(found['per'], found['per'])}"

    def fraction(self, found: re.Match[str]) -> str | None:
        """Reads `3/4`."""
        n, d = int(found["n"]), int(found["d"])
        if not n or not d or right_of(found).lstrip().startswith("="):
            return None
        return f"{cardinal(d)}分之{cardinal(n)}"

    def amount(self, found: re.Match[str]) -> str | None:
        """Reads `$5.99`."""
        n = re.sub(r"\.0+$", "", found["n"])
        said = f"{number(n)}{found['scale'] or ''}{_MONEY[found['cur']]}"
        return f"负{said}" if found.groupdict().get("minus") else said

    def measure(self, found: re.Match[str]) -> str | None:
        """Reads `3 kg`."""
        unit = _UNITS[found["unit"]]
        return f"{number(found['n'], unit[0])}{unit}"

    def measures(self, found: re.Match[str]) -> str:
        """Reads `3℃~5℃`."""
        unit = _UNITS[found["unit"]]
        return (
            f"{number(found['n'], unit[0])}{unit}到{'负' if found['minus'] else ''}{number(found['b'], unit[0])}{unit}"
        )

    def power(self, found: re.Match[str]) -> str | None:
        """Reads `10^6`."""
        return number(found["n"]) + (self.exponent(found) or "")

    def exponent(self, found: re.Match[str]) -> str | None:
        """Reads `^6`."""
        text = found["e"].translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")).replace("−", "-")
        if text in {"2", "3"}:
            return "的平方" if text == "2" else "的立方"
        core = text.lstrip("-")
        return f"的{'负' if text[0] == '-' else ''}{cardinal(int(core)) if core.isdigit() else core}次方"

    def range(self, found: re.Match[str]) -> str | None:
        """Reads `5–10`, `5–10%` and `5–10 kg`."""
        text, a, b = found.string, found["a"], found["b"]
        if found["percent"]:
            return f"百分之{number(a)}到百分之{number(b)}"
        if found["unit"]:
            unit = _UNITS[found["unit"]]
            return f"{number(a)}到{number(b, unit[0])}{unit}"
        if float(ungrouped(a)) >= float(ungrouped(b)):
            return None
        return f"{number(a)}到{number(b, text[found.end() : found.end() + 1])}"

    def plain_number(self, found: re.Match[str]) -> str | None:
        """Reads a number to which no other rule applies."""
        text, whole = found.string, found[0]
        before = text[max(0, found.start() - 3) : found.start()]
        if whole.isdigit() and (before.endswith(_PHONE_BEFORE) or before.rstrip("是为：: ").endswith(_PHONE_BEFORE)):
            return spelled(whole, phone=True)
        following = "" if before.endswith("第") else text[found.end() : found.end() + 1]
        if following == "年" and len(whole) == 4:
            return number(whole)
        if following == "月" or (following == "点" and whole != "2"):
            return number(whole)
        return number(whole, following)

    def address(self, found: re.Match[str]) -> str | None:
        """Reads `a@b.cn`."""
        user, _, host = found[0].partition("@")
        *names, top = host.rstrip(".").split(".")
        return f"{user.replace('.', '点')} at {'点'.join(names)}点{' '.join(top.upper())}"

    def roman(self, found: re.Match[str]) -> str | None:
        """Reads `路易XIV`."""
        from voicecli.speech.normalize.word_rules import roman_value

        value = roman_value(found[0])
        before = found.string[found.start() - 1 : found.start()]
        if (
            value is None
            or not "\u4e00" <= before <= "\u9fff"
            or (len(found[0]) < 2 and word_before(found.string, found.start()) != "第")
        ):
            return None
        return cardinal(value)

    def negative(self, found: re.Match[str]) -> str | None:
        """Reads a minus sign before a number with nothing before the sign."""
        text, start = found.string, found.start()
        before = text[start - 1 : start]
        is_between = (before.isalnum() and before.isascii()) or (before == " " and mark_before(text, start).isdigit())
        return None if is_between else "负"

    def operator(self, found: re.Match[str]) -> str | None:
        """Reads a sign between two numbers."""
        text = found.string
        before = mark_before(text, found.start())
        if not (before.isalnum() and not is_wide(before)) and before not in ")²³":
            return None
        if found["op"] in "-/*+" and not ("=" in text or before.isdigit()):
            return None
        return _SIGNS[found["op"]]
