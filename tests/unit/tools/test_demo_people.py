"""Generated customers are reproducible and valid."""

from datetime import date

from crm.domain.values.birthdays import read_birthday
from crm.domain.values.emails import read_email
from crm.domain.values.names import read_name
from crm.domain.values.phones import read_phone
from local.demo_people import people

TODAY = date(2026, 11, 22)


def test_the_same_seed_gives_the_same_people() -> None:
    assert list(people(50)) == list(people(50))
    assert list(people(50, seed=1)) != list(people(50, seed=2))


def test_no_two_people_share_a_phone_or_an_email() -> None:
    everybody = list(people(500))
    phones = {person["phone"] for person in everybody}
    emails = [person["email"] for person in everybody if "email" in person]

    assert len(everybody) == len(phones) == 500
    assert len(emails) == len(set(emails))


def test_every_generated_field_is_valid_and_normalized() -> None:
    for person in people(500):
        assert read_name(full=person["full_name"]).full == person["full_name"]
        assert read_phone(person["phone"]).e164 == "+84" + person["phone"][1:]
        if "email" in person:
            assert read_email(person["email"]) == person["email"]
        if "birthday" in person:
            assert read_birthday(person["birthday"], today=TODAY) == person["birthday"]


def test_optional_fields_are_sometimes_missing() -> None:
    everybody = list(people(500))
    for field in ("email", "birthday", "gender"):
        present = sum(field in person for person in everybody)
        assert 200 < present < 500, field
