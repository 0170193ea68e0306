"""Invented people. None of them exists; the wards and hamlets that they live in do not either.

Their numbers are valid by structure (province, century and sex, year of birth) and end in 0001nn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final, Literal

from simulator.drawing import Colour
from simulator.look import Clothing, Hair, Look

_FAIR: Final[Colour] = (247, 214, 184)
_LIGHT: Final[Colour] = (236, 193, 155)
_TAN: Final[Colour] = (222, 172, 130)
_BLACK: Final[Colour] = (38, 30, 30)
_BROWN: Final[Colour] = (70, 46, 36)
_GREYING: Final[Colour] = (84, 74, 70)
_GREY: Final[Colour] = (130, 126, 122)
_SILVER: Final[Colour] = (206, 204, 202)


@dataclass(frozen=True, slots=True)
class Insurance:
    """Social health insurance (bảo hiểm y tế), as the registry of a demonstration knows it."""

    card_number: str = field(repr=False)
    """Fifteen characters."""
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class Person:
    """Everything that an identity card says of its holder."""

    id: str
    """Stable, for programs."""
    personal_number: str = field(repr=False)
    name: str = field(repr=False)
    """As written, family name first."""
    birth_date: date = field(repr=False)
    sex: Literal["M", "F"]
    origin: str = field(repr=False)
    residence: str = field(repr=False)
    features: str = field(repr=False)
    issued: date
    expires: date | None
    """None: the card does not expire."""
    father: str = field(repr=False)
    mother: str = field(repr=False)
    look: Look = field(repr=False)
    insurance: Insurance
    spouse: str | None = field(default=None, repr=False)
    former_number: str | None = field(default=None, repr=False)
    """The nine digits of the former card (CMND)."""
    ethnicity: str = "Kinh"
    religion: str = "Không"

    @property
    def family_name(self) -> str:
        return self.name.split(" ", 1)[0]

    @property
    def other_names(self) -> str:
        """Middle and given names."""
        return self.name.split(" ", 1)[1]

    @property
    def document_number(self) -> str:
        """Nine digits: the number of the card in its MRZ."""
        return self.personal_number[3:]

    @property
    def can(self) -> str:
        """The card access number: six digits."""
        return self.personal_number[-6:]


def sample_people() -> Mapping[str, Person]:
    """The invented people by id."""
    return MappingProxyType({person.id: person for person in _people()})


def _insured(card_number: str, until: date = date(2035, 12, 31)) -> Insurance:
    return Insurance(card_number, date(2025, 1, 1) if until.year > 2025 else date(2024, 1, 1), until)


def _people() -> tuple[Person, ...]:
    return (
        Person(
            id="mau",
            personal_number="001099000001",
            name="Nguyễn Văn Mẫu",
            birth_date=date(1999, 2, 1),
            sex="M",
            origin="Xã Hoa Mai, Hà Nội",
            residence="Số 1, ngõ 4, phường Hoa Sen, thành phố Hà Nội",
            features="Nốt ruồi C: 1 cm dưới sau mép trái",
            issued=date(2022, 4, 3),
            expires=date(2039, 2, 1),
            father="Nguyễn Văn Cha",
            mother="Trần Thị Mẹ",
            former_number="012345678",
            insurance=_insured("DN4010100000101"),
            look=Look(23, False, Hair.SIDE_PARTING, _BLACK, _LIGHT, Clothing.SHIRT, (120, 160, 190), (222, 232, 240)),
        ),
        Person(
            id="lan",
            personal_number="036151000102",
            name="Trần Thị Lan",
            birth_date=date(1951, 5, 14),
            sex="F",
            origin="Xã Hoa Đào, Nam Định",
            residence="Xóm 3, xã Hoa Đào, tỉnh Ninh Bình",
            features="Sẹo chấm C: 2 cm trên trước đầu lông mày phải",
            issued=date(2021, 6, 20),
            expires=None,
            father="Trần Văn Cả",
            mother="Lê Thị Hai",
            spouse="Phạm Văn Thọ",
            former_number="160000102",
            insurance=_insured("HT3360100000102"),
            look=Look(70, True, Hair.BUN, _SILVER, _FAIR, Clothing.AO_DAI, (126, 52, 82), (214, 230, 226)),
        ),
        Person(
            id="hoa",
            personal_number="048188000103",
            name="Lê Thị Hoa",
            birth_date=date(1988, 7, 22),
            sex="F",
            origin="Phường Hoa Ban, Đà Nẵng",
            residence="Tổ 12, phường Hoa Ban, thành phố Đà Nẵng",
            features="Nốt ruồi C: 0,5 cm trên đuôi mắt phải",
            issued=date(2021, 5, 11),
            expires=date(2028, 7, 22),
            father="Lê Văn Sơn",
            mother="Đinh Thị Bốn",
            spouse="Hồ Văn Hải",
            former_number="201000103",
            insurance=_insured("GD4480100000103", date(2025, 12, 31)),
            look=Look(32, True, Hair.LONG, (48, 34, 30), _FAIR, Clothing.BLOUSE, (11, 90, 84), (243, 229, 206)),
        ),
        Person(
            id="minh",
            personal_number="079076000104",
            name="Phạm Quang Minh",
            birth_date=date(1976, 11, 3),
            sex="M",
            origin="Quận Hoa Lan, TP Hồ Chí Minh",
            residence="Căn hộ 8.02, phường Hoa Lan, thành phố Hồ Chí Minh",
            features="Sẹo chấm C: 1 cm dưới sau đuôi mắt trái",
            issued=date(2021, 8, 30),
            expires=date(2036, 11, 3),
            father="Phạm Quang Đức",
            mother="Ngô Thị Sáu",
            spouse="Lâm Mỹ Linh",
            former_number="020000104",
            insurance=_insured("DN4790100000104"),
            look=Look(
                44, False, Hair.SHORT, (58, 52, 50), _TAN, Clothing.JACKET, (52, 62, 84), (216, 226, 222), glasses=True
            ),
        ),
        Person(
            id="an",
            personal_number="038215000105",
            name="Đặng Hoàng An",
            birth_date=date(2015, 3, 19),
            sex="M",
            origin="Xã Hoa Sim, Thanh Hóa",
            residence="Thôn Hoa Sim, xã Hoa Sim, tỉnh Thanh Hóa",
            features="Không",
            issued=date(2024, 8, 1),
            expires=date(2029, 3, 19),
            father="Đặng Văn Bình",
            mother="Hoàng Thị Tâm",
            insurance=_insured("HS4380100000105"),
            look=Look(9, False, Hair.CROP, (34, 28, 28), _LIGHT, Clothing.SCHOOL, (240, 240, 236), (224, 236, 244)),
        ),
        Person(
            id="bach",
            personal_number="031044000106",
            name="Vũ Đình Bách",
            birth_date=date(1944, 12, 30),
            sex="M",
            origin="Xã Hoa Phượng, Hải Phòng",
            residence="Tổ 2, phường Hoa Phượng, thành phố Hải Phòng",
            features="Nốt ruồi C: 2 cm dưới trước cánh mũi phải",
            issued=date(2021, 3, 8),
            expires=None,
            father="Vũ Đình Tùng",
            mother="Bùi Thị Năm",
            spouse="Cao Thị Hảo",
            former_number="030000106",
            insurance=_insured("CC1310100000106"),
            look=Look(
                76,
                False,
                Hair.RECEDING,
                (222, 220, 216),
                _LIGHT,
                Clothing.SHIRT,
                (150, 130, 104),
                (228, 226, 214),
                glasses=True,
            ),
        ),
        Person(
            id="thu",
            personal_number="066196000107",
            name="Niê H'Thu",
            birth_date=date(1996, 10, 5),
            sex="F",
            origin="Buôn Hoa Cà Phê, Đắk Lắk",
            residence="Buôn Hoa Cà Phê, xã Hoa Cúc, tỉnh Đắk Lắk",
            features="Sẹo chấm C: 1 cm dưới mép phải",
            issued=date(2022, 9, 15),
            expires=date(2036, 10, 5),
            father="Y Nam Byă",
            mother="Niê H'Linh",
            ethnicity="Ê Đê",
            religion="Tin lành",
            insurance=_insured("DT2660100000107"),
            look=Look(25, True, Hair.FRINGE, _BLACK, _TAN, Clothing.BLOUSE, (168, 60, 56), (230, 222, 236)),
        ),
        Person(
            id="phuc",
            personal_number="092064000108",
            name="Nguyễn Hữu Phúc",
            birth_date=date(1964, 9, 9),
            sex="M",
            origin="Xã Hoa Súng, Cần Thơ",
            residence="Ấp 5, xã Hoa Súng, thành phố Cần Thơ",
            features="Nốt ruồi C: 1 cm sau đuôi mắt trái",
            issued=date(2022, 10, 24),
            expires=None,
            father="Nguyễn Hữu Lộc",
            mother="Võ Thị Út",
            spouse="Trương Thị Kim",
            former_number="361000108",
            religion="Phật giáo Hòa Hảo",
            insurance=_insured("GD4920100000108"),
            look=Look(
                60, False, Hair.CROP, _GREY, _LIGHT, Clothing.POLO, (60, 110, 96), (236, 230, 216), moustache=True
            ),
        ),
        Person(
            id="mai",
            personal_number="031303000109",
            name="Hoàng Ngọc Mai",
            birth_date=date(2003, 12, 30),
            sex="F",
            origin="Phường Hoa Phượng, Hải Phòng",
            residence="Số 9, phường Hoa Phượng, thành phố Hải Phòng",
            features="Nốt ruồi C: 3 cm dưới sau mép phải",
            issued=date(2021, 12, 6),
            expires=date(2028, 12, 30),
            father="Hoàng Ngọc Long",
            mother="Phan Thị Thu",
            insurance=_insured("SV4310100000109"),
            look=Look(17, True, Hair.SHOULDER, _BROWN, _FAIR, Clothing.SHIRT, (240, 214, 208), (216, 232, 230)),
        ),
        Person(
            id="yen",
            personal_number="024169000110",
            name="Đỗ Thị Hải Yến",
            birth_date=date(1969, 4, 17),
            sex="F",
            origin="Xã Hoa Vải, Bắc Giang",
            residence="Thôn Hoa Vải, xã Hoa Vải, tỉnh Bắc Ninh",
            features="Sẹo chấm C: 2 cm trên sau đuôi lông mày trái",
            issued=date(2024, 8, 15),
            expires=date(2029, 4, 17),
            father="Đỗ Văn Quý",
            mother="Giáp Thị Xuân",
            spouse="Thân Văn Hùng",
            former_number="121000110",
            insurance=_insured("GD4240100000110"),
            look=Look(
                55, True, Hair.BOB, _GREYING, _LIGHT, Clothing.BLOUSE, (96, 86, 142), (240, 232, 220), glasses=True
            ),
        ),
        Person(
            id="khoa",
            personal_number="052085000111",
            name="Bùi Anh Khoa",
            birth_date=date(1985, 10, 12),
            sex="M",
            origin="Xã Hoa Dừa, Bình Định",
            residence="Khu phố 7, phường Hoa Dừa, tỉnh Gia Lai",
            features="Nốt ruồi C: 1 cm trên trước đầu lông mày trái",
            issued=date(2021, 4, 2),
            expires=date(2025, 10, 12),
            father="Bùi Anh Dũng",
            mother="Mai Thị Cúc",
            spouse="Châu Bảo Ngọc",
            former_number="211000111",
            insurance=_insured("DN4520100000111"),
            look=Look(35, False, Hair.SHORT, _BLACK, _TAN, Clothing.POLO, (176, 96, 62), (226, 234, 222)),
        ),
        Person(
            id="thao",
            personal_number="046192000112",
            name="Công Tằng Tôn Nữ Phương Thảo Nguyên",
            birth_date=date(1992, 2, 29),
            sex="F",
            origin="Phường Hoa Ngọc Lan, Thừa Thiên Huế",
            residence=(
                "Số 25, kiệt 3, đường Hoa Ngọc Lan nối dài, tổ dân phố 14, khu vực 6, "
                "phường Hoa Ngọc Lan, thành phố Huế"
            ),
            features="Nốt ruồi C: 0,5 cm dưới trước mép trái",
            issued=date(2021, 11, 18),
            expires=date(2032, 2, 29),
            father="Vĩnh An Khang",
            mother="Nguyễn Phúc Diệu",
            former_number="191000112",
            religion="Phật giáo",
            insurance=_insured("HC4460100000112"),
            look=Look(29, True, Hair.BUN, _BLACK, _FAIR, Clothing.AO_DAI, (86, 74, 140), (238, 226, 232)),
        ),
    )
