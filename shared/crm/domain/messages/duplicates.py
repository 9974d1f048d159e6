"""What we say about possible duplicates, in Vietnamese and English."""

from collections.abc import Mapping

#: Code → (Vietnamese, English), as in `crm.domain.messages.catalogue`.
DUPLICATE_TEXTS: Mapping[str, tuple[str, str]] = {
    "pair_not_found": ("Không có cặp này.", "There is no such pair."),
    "pair_dismissed": (
        "Cặp này đã được xác nhận là hai người khác nhau.",
        "Somebody said that these two are not one person.",
    ),
    "pair_merged": ("Hai hồ sơ này đã được gộp.", "These two records were merged."),
    "pair_gone": (
        "Một trong hai khách hàng đã được gộp, lưu trữ hoặc xóa dữ liệu.",
        "One of these customers was merged, archived or erased.",
    ),
    "pair_not_exact": (
        "Cặp này không còn chắc chắn; hãy xem lại rồi gộp riêng.",
        "This pair is not certain any more; look at it and merge it by itself.",
    ),
    "pair_survivor": (
        "Khách hàng giữ lại phải là một trong hai khách hàng của cặp.",
        "The survivor has to be one of the two customers of the pair.",
    ),
    "pairs_ids_or_exact": (
        "Cho biết ids hoặc exact, không cả hai.",
        "Name ids or exact, not both.",
    ),
    "reason_card": ("Cùng thẻ thành viên", "Same membership card"),
    "reason_external_id": ("Cùng mã trên một nền tảng", "Same id on a platform"),
    "reason_email": ("Cùng email", "Same e-mail"),
    "reason_phone": ("Cùng số điện thoại", "Same phone"),
    "reason_mailbox": ("Cùng hộp thư Gmail, viết khác", "Same Gmail mailbox, spelled otherwise"),
    "reason_conflict": (
        "Một đơn hàng hoặc sự kiện coi là cùng một người",
        "An order or another event named both as one person",
    ),
    "reason_birthday": ("Cùng ngày sinh", "Same birthday"),
    "reason_address": ("Cùng địa chỉ", "Same address"),
    "reason_name": ("Cùng họ tên", "Same name"),
    "reason_short_name": ("Họ tên viết tắt", "Name shortened"),
    "reason_part_name": ("Chỉ trùng tên gọi", "Given name alone is the same"),
    "reason_birthday_day": ("Cùng ngày và tháng sinh", "Same day and month of birth"),
    "reason_shared_address": (
        "Cùng ấp, thôn hoặc chung cư",
        "Same hamlet or block",
    ),
    "reason_initials": ("Trùng chữ cái đầu của họ tên", "Same initials"),
    "reason_no_name": ("Một hồ sơ không có tên", "One record has no name"),
    "reason_name_slip": ("Họ tên khác một chữ cái", "Names one letter apart"),
    "reason_name_accents": ("Họ tên khác dấu", "Names with other tones"),
    "reason_other_gender": ("Khác giới tính", "Different genders"),
    "reason_other_birthday": ("Khác ngày sinh", "Different birthdays"),
    "reason_other_name": ("Khác họ tên", "Different names"),
}
