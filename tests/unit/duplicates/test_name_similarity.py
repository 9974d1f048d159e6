"""Name similarity, and the blocking keys of customers."""

import pytest

from crm.domain.customers.customer import Address
from crm.domain.duplicates.blocking_keys import blocking_keys_of, homes_of, mailbox_of
from crm.domain.duplicates.name_similarity import initials_of, name_similarity, sorted_words_of
from tests.builders import a_customer


@pytest.mark.req("B-12")
@pytest.mark.parametrize(
    ("one", "other", "similarity"),
    [
        ("Nguyễn Thị Ánh", "NGUYEN THI ANH", "same"),
        ("Nguyễn Thị Ánh", "Ánh Nguyễn Thị", "same"),
        ("Nguyễn Thị Ánh", "Nguyễn Ánh", "same"),
        ("Trần Văn Hoà", "Trần Văn Hòa", "same"),
        ("Đặng Đức Độ", "Dang Duc Do", "same"),
        ("Lý Thị My", "Lí Thị Mi", "same"),
        ("Bà Trần Thị Lan", "Trần Thị Lan", "same"),
        ("Nguyễn Thị Ánh", "Nguye\u0302\u0303n Thi\u0323 A\u0301nh", "same"),
        ("Phan Thu Ánh", "P. T. Ánh", "similar"),
        ("Phan Thu Ánh", "Thu Ánh", "similar"),
        ("Nguyễn Thị Ánh", "Chị Ánh", "part"),
        ("Lan", "Lan", "part"),
        ("Phan Thu Ánh", "P.T.A", "initials"),
        ("Phạm Văn Hùng", "Phạm Văn Hưng", "accents"),
        ("Trần Thị Hoa", "Trần Thị Hoà", "accents"),
        ("Trần Minh Khôi", "Trần Minh Khhôi", "slip"),
        ("Lê Thị Lan", "Lê Thị Loan", "different"),
        ("Lê Thị Lan", "Nguyễn Thị Lan", "different"),
        ("Nguyễn Văn Nam", "Nguyễn Thị Ánh", "different"),
        ("Chu Văn An", "Văn An", "part"),
        ("Chu Văn An", "An", "part"),
        ("Trần Vân Anh", "Trần Thị Anh", "similar"),
        ("Trần Vân Anh", "Tran Van Anh", "similar"),
        ("Nguyễn Vân", "Vân Nguyễn", "same"),
        ("Lê Bảo Vân", "Le Bao Van", "same"),
        ("Trần Văn Đạt", "T. V. Đạt", "similar"),
        ("Trần Văn Đạt", "Dat Tran Van", "similar"),
        ("Mai Phương Phượng", "M. P. Phượng", "similar"),
        ("Phan Thị Hoa", "Phan Thị Hoà", "accents"),
        ("Phan Thị Thu", "Phan Thị Thư", "accents"),
        ("Khách lẻ", "Nguyễn Thị Ánh", "unknown"),
        (None, "Nguyễn Thị Ánh", "unknown"),
    ],
)
def test_names_are_compared_across_their_usual_spellings(
    one: str | None, other: str | None, similarity: str
) -> None:
    assert name_similarity(one, other) == similarity
    assert name_similarity(other, one) == similarity


@pytest.mark.req("B-12")
def test_sorted_words_and_initials_do_not_depend_on_word_order() -> None:
    assert sorted_words_of("Nguyễn Thị Ánh") == sorted_words_of("ánh NGUYEN") == "anh nguyen"
    assert initials_of("Phan Thu Như") <= initials_of("P. T. Như")
    assert initials_of("Trần Văn Đạt") <= initials_of("Dat Tran Van")
    assert initials_of("Ánh") == frozenset()


@pytest.mark.req("B-12")
def test_a_name_alone_is_no_blocking_key() -> None:
    assert blocking_keys_of(a_customer(phone=None)) == frozenset()


def test_the_first_of_january_is_no_blocking_key() -> None:
    assert blocking_keys_of(a_customer(birthday="1990-01-01")) == frozenset()


def test_blocking_keys_are_identities_and_the_name_with_birthday_or_address() -> None:
    home = Address(id="a-1", line="12 Lý Thường Kiệt", province_code="01", is_default=True)
    anh = a_customer(
        phone="+84912345678", email="a.nh@gmail.com", birthday="1990-05-17", addresses=(home,)
    )

    assert {blocking_key.kind for blocking_key in blocking_keys_of(anh)} == {
        "phone", "email", "mailbox", "born", "day", "home"
    }  # fmt: skip
    assert blocking_keys_of(anh.moved_to("archived", anh.updated_at)) == frozenset()


@pytest.mark.parametrize(
    ("email", "mailbox"),
    [
        ("anh.nguyen+shop@gmail.com", "anhnguyen"),
        ("anhnguyen@googlemail.com", "anhnguyen"),
        ("anh.nguyen@example.vn", None),
    ],
)
def test_only_gmail_has_more_than_one_spelling_of_a_mailbox(
    email: str, mailbox: str | None
) -> None:
    assert mailbox_of(email) == mailbox


@pytest.mark.parametrize(
    "line",
    [
        "12/3 Lý Thường Kiệt",
        "Số 12/3, đường Lý Thường Kiệt",
        "12/3 ly thuong kiet",
        "12/3 Lí Thường Kiệt, Phường Bến Nghé, Quận 1",
        "Số nhà 12/3 LÝ THƯỜNG KIỆT P. Bến Nghé",
    ],
)
def test_spellings_of_an_address_line_give_the_same_home(line: str) -> None:
    (home,) = homes_of((Address(id="a-1", line=line, province_code="01", is_default=True),))

    assert (home.line, home.is_vague) == ("12 3 li thuong kiet", False)


@pytest.mark.parametrize("line", ["Ấp 3", "Thôn 5", "Chung cư Sunrise, 23 Nguyễn Hữu Thọ"])
def test_a_line_that_many_households_share_is_vague_and_needs_a_ward(line: str) -> None:
    (home,) = homes_of((Address(id="a-1", line=line, ward_code="00070", is_default=True),))

    assert home.is_vague
    assert homes_of((Address(id="a-1", line=line, is_default=True),)) == []


@pytest.mark.parametrize("line", ["Căn A12-05 Chung cư Sunrise", "260 Đội Cấn"])
def test_a_flat_or_a_house_is_not_vague(line: str) -> None:
    (home,) = homes_of((Address(id="a-1", line=line, is_default=True),))

    assert not home.is_vague


def test_a_line_without_a_number_gives_no_home() -> None:
    assert homes_of((Address(id="a-1", line="Chợ Bến Thành", is_default=True),)) == []
