"""The committed sample files are the generator's output."""

from collections import Counter
from pathlib import Path

from crm.domain.values.phones import read_phone
from local.demo import CUSTOMERS
from local.demo_people import people
from local.samples import EXPECTED, ROWS, rows, write

SAMPLES = Path(__file__).parents[3] / "events/samples"
NAME, PHONE, MAIL, BIRTHDAY, GENDER = range(1, 6)


def test_the_committed_files_equal_the_generated_ones(tmp_path: Path) -> None:
    write(tmp_path)

    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert made == {file.name: file.read_bytes() for file in SAMPLES.iterdir()}


def test_expected_outcomes_add_up_to_the_number_of_rows() -> None:
    assert len(rows()) == ROWS
    assert {sum(outcomes.values()) for outcomes in EXPECTED.values()} == {ROWS}


def test_cells_have_every_type_that_a_sheet_can_hold() -> None:
    types = {
        place: Counter(type(row[place]).__name__ for row in rows())
        for place in (PHONE, BIRTHDAY, GENDER)
    }

    assert types[PHONE].keys() == {"str", "int", "float", "NoneType"}
    assert types[BIRTHDAY].keys() == {"str", "date", "NoneType"}
    assert types[GENDER].keys() == {"str", "int", "bool", "NoneType"}


def test_samples_and_demo_customers_share_no_phone_or_email() -> None:
    demo = list(people(CUSTOMERS))
    phones = {read_phone(person["phone"]).e164 for person in demo}
    mails = {person["email"] for person in demo if "email" in person}
    written = (SAMPLES / "customers.csv").read_text(encoding="utf-8-sig").lower()

    assert not [mail for mail in mails if mail in written]
    digits = "".join(c for c in written if c.isdigit() or c == ";")
    assert not [phone for phone in phones if phone.removeprefix("+84") in digits]
