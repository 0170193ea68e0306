"""Invented citizens with insurance, and a hospital's clinics: for demonstrations, tests and training."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from registry.errors import RecordRefused
from registry.messages import Message, Name, PersonalNumber
from registry.tables import Citizen, Clinic

_SURNAMES = [
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Huỳnh",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
    "Đinh",
    "Mai",
    "Tô",
    "Trịnh",
    "Đào",
    "Cao",
    "Lương",
    "Quách",
]
_MIDDLE = {
    "M": ["Văn", "Hữu", "Đức", "Công", "Quang", "Minh", "Xuân", "Thanh", "Quốc", "Ngọc"],
    "F": ["Thị", "Ngọc", "Thị Thu", "Thị Kim", "Mỹ", "Thanh", "Thị Hồng", "Diệu", "Thị Bích", "Phương"],
}
_GIVEN = {
    "M": [
        "An",
        "Bình",
        "Cường",
        "Dũng",
        "Đạt",
        "Giang",
        "Hải",
        "Hiếu",
        "Hùng",
        "Khánh",
        "Lâm",
        "Long",
        "Nam",
        "Nghĩa",
        "Phúc",
        "Quân",
        "Sơn",
        "Tài",
        "Thắng",
        "Tuấn",
    ],
    "F": [
        "Anh",
        "Bích",
        "Chi",
        "Dung",
        "Giang",
        "Hà",
        "Hạnh",
        "Hoa",
        "Huệ",
        "Lan",
        "Linh",
        "Mai",
        "Nga",
        "Ngân",
        "Oanh",
        "Phượng",
        "Quỳnh",
        "Thảo",
        "Trang",
        "Yến",
    ],
}
_PROVINCES = ("001", "024", "031", "036", "038", "040", "046", "048", "056", "064", "068", "075", "079", "087", "092")
_WARDS = ("Xã An Bình", "Phường Trung Tâm", "Xã Hòa Thuận", "Phường Bến Đò", "Xã Tân Lập", "Phường Cây Đa")


class CitizenRecord(Message):
    """One person in a file of citizens to be added to the seed."""

    personal_number: PersonalNumber
    name: Name
    birth_date: date
    sex: str
    address: str = ""
    insurance_number: str | None = None
    insured_from: date | None = None
    insured_until: date | None = None

    def row(self) -> Citizen:
        return Citizen(**self.model_dump())


_RECORDS = TypeAdapter(tuple[CitizenRecord, ...])


def read_citizens(path: Path) -> tuple[CitizenRecord, ...]:
    """Read a JSON array of citizens. Raises RecordRefused when it is not one, OSError when it cannot be read."""
    try:
        return _RECORDS.validate_json(path.read_bytes())
    except ValidationError as error:
        raise RecordRefused(f"{path.name} is not a list of citizens ({error.error_count()} problems)") from None


def invent_citizens(count: int, *, seed: int, today: date) -> Iterator[Citizen]:
    """Invented people whose 12-digit numbers agree with birth year, century and sex.

    About 8 % have insurance that has ended, 5 % have none, and for 2 % the registry's data differ from the card's, as
    they do where a birth date or a sex was once typed wrongly.
    """
    chance = random.Random(seed)
    taken: set[str] = set()
    while len(taken) < count:
        sex = chance.choice("MF")
        birth = date(1930, 1, 1) + timedelta(days=chance.randrange((today - date(1930, 1, 1)).days))
        province = chance.choice(_PROVINCES)
        century = 2 * (birth.year // 100 - 19) + (sex == "F")
        number = f"{province}{century}{birth.year % 100:02d}{chance.randrange(10**6):06d}"
        if number in taken:
            continue
        taken.add(number)
        name = f"{chance.choice(_SURNAMES)} {chance.choice(_MIDDLE[sex])} {chance.choice(_GIVEN[sex])}"
        fate = chance.random()
        citizen = Citizen(
            personal_number=number,
            name=name,
            birth_date=birth,
            sex=sex,
            address=f"Số {chance.randrange(1, 300)}, {chance.choice(_WARDS)}",
        )
        if fate >= 0.05:
            until = today + timedelta(days=chance.randrange(5, 700))
            if fate < 0.13:
                until = today - timedelta(days=chance.randrange(1, 400))
            citizen.insurance_number = (
                f"{'HT3' if birth.year < 1966 else 'GD4'}{province[-2:]}{chance.randrange(10**10):010d}"
            )
            citizen.insured_from = until - timedelta(days=364)
            citizen.insured_until = until
        if fate > 0.98:
            citizen.birth_date = birth.replace(day=birth.day % 28 + 1)
        yield citizen


def hospital_clinics() -> Iterator[Clinic]:
    """The clinics of an invented district hospital, most used first, and its insurance counter."""
    ground, first, second = ("Tầng trệt", "Ground floor"), ("Tầng 1", "First floor"), ("Tầng 2", "Second floor")
    table = (
        ("general", "A", "Khám tổng quát", "General medicine", "P.101", first),
        ("cardiology", "B", "Tim mạch", "Cardiology", "P.105", first),
        ("bones", "C", "Cơ xương khớp", "Bones and joints", "P.108", first),
        ("eyes", "D", "Mắt", "Eyes", "P.203", second),
        ("ent", "E", "Tai mũi họng", "Ear, nose and throat", "P.206", second),
        ("children", "G", "Nhi", "Children", "P.012", ground),
        ("skin", "H", "Da liễu", "Skin", "P.210", second),
        ("teeth", "K", "Răng hàm mặt", "Teeth", "P.212", second),
        ("counter", "Q", "Quầy bảo hiểm y tế", "Insurance counter", "Quầy 3", ground),
    )
    for position, (identity, prefix, vietnamese, english, room, floor) in enumerate(table):
        yield Clinic(
            id=identity,
            position=position,
            prefix=prefix,
            name_vi=vietnamese,
            name_en=english,
            room=room,
            floor_vi=floor[0],
            floor_en=floor[1],
            on_menu=identity != "counter",
        )
