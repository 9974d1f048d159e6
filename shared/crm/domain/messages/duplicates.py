"""Messages about possible duplicates, in Vietnamese and English."""

from collections.abc import Mapping

#: Code → (Vietnamese, English), as in `crm.domain.messages.catalogue`.
DUPLICATE_TEXTS: Mapping[str, tuple[str, str]] = {
    "pair_not_found": ("Không có cặp này.", "There is no such pair."),
    "pair_dismissed": (
        "Cặp này đã được xác nhận là hai người khác nhau.",
        "This pair was confirmed to be two different people.",
    ),
    "pair_merged": ("Hai hồ sơ này đã được gộp.", "These two records were already merged."),
    "pair_gone": (
        "Một trong hai khách hàng đã được gộp, lưu trữ hoặc xóa dữ liệu.",
        "One of these customers was merged, archived or erased.",
    ),
    "pair_not_exact": (
        "Cặp này không còn chắc chắn; hãy xem lại rồi gộp riêng.",
        "This pair is no longer certain; review it and merge it separately.",
    ),
    "pair_survivor": (
        "Khách hàng giữ lại phải là một trong hai khách hàng của cặp.",
        "The survivor must be one of the two customers of the pair.",
    ),
    "pairs_ids_or_exact": (
        "Cho biết ids hoặc exact, không cả hai.",
        "Give either ids or exact, not both.",
    ),
    "reason_card": ("Cùng thẻ thành viên", "Same membership card"),
    "reason_external_id": ("Cùng mã trên một nền tảng", "Same id on a platform"),
    "reason_email": ("Cùng email", "Same e-mail"),
    "reason_phone": ("Cùng số điện thoại", "Same phone"),
    "reason_mailbox": ("Cùng hộp thư Gmail, viết khác", "Same Gmail mailbox, spelled differently"),
    "reason_conflict": (
        "Một đơn hàng hoặc sự kiện coi là cùng một người",
        "An order or event treated both as one person",
    ),
    "reason_birthday": ("Cùng ngày sinh", "Same birthday"),
    "reason_address": ("Cùng địa chỉ", "Same address"),
    "reason_name": ("Cùng họ tên", "Same name"),
    "reason_short_name": ("Họ tên viết tắt", "Shortened name"),
    "reason_part_name": ("Chỉ trùng tên gọi", "Only the given name is the same"),
    "reason_birthday_day": ("Cùng ngày và tháng sinh", "Same day and month of birth"),
    "reason_shared_address": (
        "Cùng ấp, thôn hoặc chung cư",
        "Same hamlet or apartment block",
    ),
    "reason_initials": ("Trùng chữ cái đầu của họ tên", "Same initials"),
    "reason_no_name": ("Một hồ sơ không có tên", "One record has no name"),
    "reason_name_slip": ("Họ tên khác một chữ cái", "Names differ by one letter"),
    "reason_name_accents": ("Họ tên khác dấu", "Names differ in tone marks"),
    "reason_other_gender": ("Khác giới tính", "Different genders"),
    "reason_other_birthday": ("Khác ngày sinh", "Different birthdays"),
    "reason_other_name": ("Khác họ tên", "Different names"),
}
