"""Messages for users in Vietnamese and English, by message code."""

from collections.abc import Mapping
from typing import Literal

from crm.domain.messages.duplicates import DUPLICATE_TEXTS
from crm.domain.messages.events import EVENT_TEXTS
from crm.domain.messages.imports import IMPORT_TEXTS

Locale = Literal["vi", "en"]

#: Code → (Vietnamese, English). Placeholders are the message's params.
TEXTS: Mapping[str, tuple[str, str]] = {
    **DUPLICATE_TEXTS,
    **EVENT_TEXTS,
    **IMPORT_TEXTS,
    "not_found": ("Không tìm thấy.", "Not found."),
    # Answers of the API, by status.
    "title_400": ("Yêu cầu không hợp lệ", "Bad request"),
    "title_401": ("Chưa đăng nhập", "Unauthorized"),
    "title_403": ("Không có quyền", "Forbidden"),
    "title_404": ("Không tìm thấy", "Not found"),
    "title_409": ("Xung đột dữ liệu", "Conflict"),
    "title_412": ("Dữ liệu đã thay đổi", "Precondition failed"),
    "title_413": ("Dữ liệu quá lớn", "Content too large"),
    "title_415": ("Định dạng không được hỗ trợ", "Unsupported media type"),
    "title_422": ("Dữ liệu không hợp lệ", "Unprocessable content"),
    "title_428": ("Thiếu If-Match", "Precondition required"),
    "title_500": ("Lỗi hệ thống", "Internal server error"),
    "title_503": ("Hệ thống đang bận", "Service unavailable"),
    "internal_error": (
        "Hệ thống gặp lỗi, chúng tôi đã được báo. Vui lòng thử lại sau.",
        "Something went wrong on our side and we have been notified. Please try again later.",
    ),
    "busy": (
        "Quá nhiều yêu cầu cùng lúc. Vui lòng thử lại sau giây lát.",
        "Too many requests at once. Please try again in a moment.",
    ),
    "no_such_route": ("Không có địa chỉ này.", "There is no such path."),
    "json_only": (
        "Nội dung phải là application/json (PATCH cũng nhận application/merge-patch+json).",
        "The body must be application/json (PATCH also accepts application/merge-patch+json).",
    ),
    "invalid_body": (
        "Nội dung gửi lên có trường không hợp lệ; xem `errors`.",
        "Some fields of the body are not valid; see `errors`.",
    ),
    "invalid_parameters": (
        "Tham số không hợp lệ; xem `errors`.",
        "Some parameters are not valid; see `errors`.",
    ),
    "invalid_fields": (
        "Một số trường không hợp lệ; xem `errors`.",
        "Some fields are not valid; see `errors`.",
    ),
    "id_token_required": (
        "Cần ID token của Cognito; access token không dùng được ở đây.",
        "Use a Cognito ID token; access tokens are not accepted.",
    ),
    "no_merchant": (
        "Tài khoản này không thuộc cửa hàng nào.",
        "This account does not belong to a merchant.",
    ),
    "permission_missing": (
        "Bạn cần quyền {permission} để làm việc này.",
        "You need the permission {permission} to do this.",
    ),
    "customer_not_found": ("Không có khách hàng này.", "There is no such customer."),
    "merchant_not_found": ("Không có cửa hàng này.", "There is no such merchant."),
    "merchant_exists": ("Cửa hàng này đã có.", "This merchant already exists."),
    "customer_merged": (
        "Khách hàng này đã được gộp vào {survivor_id}; hãy sửa hồ sơ đó.",
        "This customer was merged into {survivor_id}; edit that customer instead.",
    ),
    "merge_not_found": ("Không có lần gộp này.", "There is no such merge."),
    "merge_one_partner": (
        "Cho biết một khách hàng cần gộp: bằng loser_id hoặc loser, không cả hai.",
        "Give one customer to merge: either loser_id or loser, not both.",
    ),
    "merge_itself": (
        "Không thể gộp một khách hàng với chính mình.",
        "A customer cannot be merged with itself.",
    ),
    "merge_same_person": (
        "Hai hồ sơ này đã là một khách hàng: {survivor_id}.",
        "These two records are already one customer: {survivor_id}.",
    ),
    "merge_erased": (
        "Dữ liệu cá nhân của một trong hai khách hàng đã bị xóa.",
        "The personal data of one of these customers was erased.",
    ),
    "merge_too_many": (
        "Một khách hàng chỉ nhận được nhiều nhất {limit} hồ sơ gộp vào.",
        "At most {limit} records can be merged into one customer.",
    ),
    "merge_too_many_tags": (
        "Hai khách hàng có tổng cộng hơn {limit} nhãn. Hãy bỏ bớt nhãn rồi gộp lại.",
        "Together these customers have more than {limit} tags. Remove some and merge again.",
    ),
    "merge_not_choosable": (
        "Không chọn được trường này: email theo khách hàng đầu tiên, các trường khác được gộp.",
        "This field cannot be chosen: the first customer's e-mail is kept, other fields combined.",
    ),
    "merge_too_old": (
        "Chỉ có thể hoàn tác trong 30 ngày kể từ khi gộp.",
        "A merge can only be undone within 30 days.",
    ),
    "merge_not_last": (
        "Khách hàng này sau đó đã được gộp tiếp; hãy hoàn tác lần gộp {merge_id} trước.",
        "This customer has since been merged again; undo the merge {merge_id} first.",
    ),
    "customer_erased": (
        "Dữ liệu cá nhân của khách hàng này đã bị xóa nên không thể sửa.",
        "This customer's personal data was erased, so it cannot be edited.",
    ),
    "privacy_not_found": ("Không có yêu cầu này.", "There is no such request."),
    "request_closed": (
        "Yêu cầu này đã kết thúc.",
        "This request is closed.",
    ),
    "request_begun": (
        "Yêu cầu này đã được xử lý nên không thể mở lại từ đầu.",
        "This request is already being processed, so it cannot be reopened.",
    ),
    "request_prolonged": (
        "Yêu cầu này đã được gia hạn một lần.",
        "This request was already extended once.",
    ),
    "request_of_other": (
        "Yêu cầu này không phải là yêu cầu xóa của khách hàng này.",
        "This request is not an erasure request of this customer.",
    ),
    "erasure_running": (
        "Việc xóa đang chạy và sẽ tự kết thúc.",
        "The erasure is running and will finish by itself.",
    ),
    "processing_restricted": (
        "Khách hàng đã yêu cầu hạn chế xử lý dữ liệu nên không thể ghi nhận đồng ý quảng cáo.",
        "The customer restricted data processing, so marketing consent cannot be recorded.",
    ),
    "not_restricted": (
        "Yêu cầu này không có hạn chế nào để gỡ.",
        "This request has no restriction to lift.",
    ),
    "erase_first": (
        "Hãy xóa dữ liệu của khách hàng; yêu cầu sẽ tự hoàn tất.",
        "Erase the customer; that completes the request.",
    ),
    "in_the_future": (
        "Thời điểm này ở tương lai.",
        "This time is in the future.",
    ),
    "export_erased": (
        "Tệp đã bị xóa vì có thể chứa một khách hàng yêu cầu xóa dữ liệu. Hãy xuất lại.",
        "The file was deleted because it may contain an erased customer. Export again.",
    ),
    "duplicate_customer": (
        "Đã có khách hàng {existing_customer_id} dùng giá trị này ở trường {field}.",
        "Customer {existing_customer_id} already has this value of {field}.",
    ),
    "stale": (
        "Hồ sơ đã thay đổi từ lần bạn đọc; hiện ở phiên bản {current_version}. Hãy đọc lại.",
        "It changed since you read it and is now at version {current_version}. Read it again.",
    ),
    "if_match_required": (
        "Cần header If-Match với ETag của lần đọc gần nhất.",
        "Send the header If-Match with the ETag of your last read.",
    ),
    "merchant_name_blank": (
        "Tên cửa hàng không được để trống.",
        "The merchant's name cannot be blank.",
    ),
    "zone_unknown": (
        "Không có múi giờ này. Nhập tên như Asia/Ho_Chi_Minh.",
        "There is no such time zone. Use a name such as Asia/Ho_Chi_Minh.",
    ),
    "group_not_found": ("Không có nhóm khách hàng này.", "There is no such group."),
    "group_exists": ("Mã nhóm này đã có.", "A group with this code already exists."),
    "group_in_use": (
        "Nhóm này còn {customers} khách hàng. Hãy chuyển họ sang nhóm khác trước.",
        "{customers} customers are in this group. Move them to another group first.",
    ),
    "groups_full": (
        "Nhiều nhất {limit} nhóm khách hàng.",
        "At most {limit} groups.",
    ),
    "group_name_blank": (
        "Tên nhóm không được để trống.",
        "The group's name cannot be blank.",
    ),
    "staff_not_found": ("Không có nhân viên này.", "There is no such staff member."),
    "staff_exists": ("Người này đã là nhân viên.", "This person is already a staff member."),
    "staff_elsewhere": (
        "Email này không mời được. Hãy dùng email khác.",
        "This e-mail address cannot be invited. Use another one.",
    ),
    "staff_role_fixed": (
        "Tài khoản dịch vụ không đổi thành người dùng, hay ngược lại. Hãy mời một tài khoản mới.",
        "A service account cannot become a user, nor a user a service account. Invite a new one.",
    ),
    "last_owner": (
        "Đây là chủ cửa hàng cuối cùng, nên phải giữ nguyên. Hãy mời một chủ khác trước.",
        "This is the last owner and cannot be changed. Add another owner first.",
    ),
    "permissions_of_role": (
        "Quyền đi theo vai trò; chỉ tài khoản dịch vụ có danh sách quyền riêng.",
        "Permissions come from the role; only a service account has its own list.",
    ),
    "permissions_of_service": (
        "Tài khoản dịch vụ cần ít nhất một quyền.",
        "A service account needs at least one permission.",
    ),
    "idempotency_key_reused": (
        "Idempotency-Key này đã dùng cho một yêu cầu khác. Hãy tạo khóa mới.",
        "This Idempotency-Key was used for another request. Use a new key.",
    ),
    "idempotency_in_progress": (
        "Yêu cầu có cùng Idempotency-Key đang được xử lý. Vui lòng thử lại sau giây lát.",
        "A request with this Idempotency-Key is in progress. Please try again in a moment.",
    ),
    "if_match_invalid": (
        'Phải là một ETag do hệ thống trả về, ví dụ "7".',
        'This must be an ETag returned by this API, such as "7".',
    ),
    "cursor_invalid": (
        "Con trỏ này không thuộc danh sách này, hoặc đã bị sửa. Hãy bắt đầu lại từ trang đầu.",
        "This cursor belongs to another list or was modified. Start again from the first page.",
    ),
    "sort_unknown": (
        "Phải là một trong: {expected}; thêm dấu - để xếp giảm dần.",
        "This must be one of: {expected}; prefix it with - for descending order.",
    ),
    "range_inverted": (
        "Khoảng này bị ngược: giá trị không được lớn hơn {other}.",
        "This range is inverted: the value must not be greater than {other}.",
    ),
    "province_unknown": (
        "Không có tỉnh/thành phố nào mang mã hay tên này, mới hoặc cũ.",
        "No current or former province has this code or name.",
    ),
    "ward_unknown": (
        "Không có phường/xã nào mang mã hay tên này, mới hoặc cũ.",
        "No current or former ward has this code or name.",
    ),
    "day_invalid": (
        "Phải là ngày yyyy-mm-dd, từ năm 1900.",
        "This must be a date yyyy-mm-dd, from 1900 on.",
    ),
    "unknown_parameter": ("Không có tham số này.", "There is no such parameter."),
    "tag_added_and_removed": (
        "Một nhãn không thể vừa thêm vừa bỏ.",
        "A tag cannot be both added and removed.",
    ),
    "nothing_to_do": (
        "Chưa nói cần làm gì: thêm hay bỏ nhãn, đổi nhóm, hoặc lưu trữ.",
        "Nothing to do: add or remove tags, set a group, or archive.",
    ),
    "view_not_found": ("Không có bộ lọc đã lưu này.", "There is no such view."),
    "view_is_default": (
        "Bộ lọc mặc định không sửa hay xóa được; hãy lưu một bộ lọc mới.",
        "A default view cannot be changed or deleted; save a new one.",
    ),
    "too_many_views": (
        "Đã có {limit} bộ lọc đã lưu; hãy xóa bớt.",
        "There are already {limit} saved views; delete some first.",
    ),
    "view_bought_7d": ("Mua hàng trong 7 ngày gần đây", "Bought in the last 7 days"),
    "view_bought_30d": ("Mua hàng trong 30 ngày gần đây", "Bought in the last 30 days"),
    "view_lapsed": ("Đã lâu không mua hàng", "Lapsed"),
    "view_members": ("Đã đăng ký thành viên", "Members"),
    "view_non_members": ("Chưa đăng ký thành viên", "Not members"),
    "shards_out_of_range": (
        "Số phần của danh sách phải từ 1 đến {limit}.",
        "The number of shards must be from 1 to {limit}.",
    ),
    "reshard_running": (
        "Danh sách đang được chia lại theo số khác; hãy đợi xong.",
        "The list is already being resharded; wait until it is done.",
    ),
    "export_not_found": ("Không có lần xuất này.", "There is no such export."),
    "export_has_no_file": (
        "Lần xuất này không có tệp: chưa xong, không thành công hoặc đã hủy.",
        "This export has no file: it is not finished, it failed or it was cancelled.",
    ),
    "export_file_gone": (
        "Tệp đã được xóa sau 7 ngày. Hãy xuất lại.",
        "The file was deleted after 7 days. Export again.",
    ),
    "export_ended": (
        "Lần xuất này đã kết thúc nên không hủy được.",
        "This export has ended and cannot be cancelled.",
    ),
    "export_moving": (
        "Lần xuất đang thay đổi. Vui lòng thử lại sau giây lát.",
        "The export is changing. Please try again in a moment.",
    ),
    "export_stopped": (
        "Lần xuất đã dừng vì lỗi của hệ thống, chúng tôi đã được báo. Hãy xuất lại.",
        "The export stopped because of an error on our side; we have been notified. Export again.",
    ),
    "only_with_scope": (
        "Trường này chỉ dùng với scope {scope}.",
        "This field is only allowed with the scope {scope}.",
    ),
    "flag_unknown": (
        "Không hiểu giá trị này. Nhập Có hoặc Không.",
        "This value is neither yes nor no. Enter Yes or No (Có, Không).",
    ),
    "column_unknown": ("Không có cột {column}.", "There is no column {column}."),
    "column_repeated": ("Cột {column} có hai lần.", "The column {column} appears twice."),
    "points_insufficient": (
        "Không đủ điểm: khách hàng đang có {available} điểm dùng được.",
        "Not enough points: the customer has {available} available points.",
    ),
    "points_zero": ("Số điểm phải khác 0.", "The number of points must not be 0."),
    "reward_inactive": (
        "Ưu đãi này đang ngừng áp dụng.",
        "This reward is currently inactive.",
    ),
    "reward_out_of_stock": ("Ưu đãi này đã hết.", "This reward is out of stock."),
    "reward_not_found": ("Không có ưu đãi này.", "There is no such reward."),
    "redemption_not_found": ("Không có lượt đổi điểm này.", "There is no such redemption."),
    "redemption_cancelled": (
        "Lượt đổi điểm này đã bị hủy trước đó.",
        "This redemption was already cancelled.",
    ),
    "not_a_member": (
        "Khách hàng này chưa là thành viên; hãy đăng ký thành viên trước.",
        "This customer is not a member; enrol them first.",
    ),
    "program_not_found": (
        "Không có phiên bản chương trình này.",
        "There is no such version of the program.",
    ),
    "program_moved": (
        "Chương trình vừa được thay đổi. Hãy đọc lại rồi thử lại.",
        "The program has just been changed. Read it again, then retry.",
    ),
    "program_recomputing": (
        "Hạng thành viên đang được tính lại theo chương trình vừa kích hoạt. Hãy thử lại sau.",
        "Tiers are being recomputed for the newly activated program. Please try again later.",
    ),
    "program_is_active": (
        "Phiên bản này đã từng được kích hoạt; hãy lưu một phiên bản mới.",
        "This version was already activated; save a new version.",
    ),
    "program_tier_count": (
        "Cần từ 1 đến {most} hạng.",
        "There must be 1 to {most} tiers.",
    ),
    "program_tier_code": (
        "Mã hạng gồm 1–20 chữ thường không dấu, số, - hoặc _, và không phải unranked.",
        "A tier's code has 1 to 20 characters of a–z, 0–9, - and _, and is not unranked.",
    ),
    "program_tier_twice": ("Mã hạng này bị trùng.", "Another tier already has this code."),
    "program_not_ascending": (
        "Phải cao hơn ngưỡng của hạng trước.",
        "This must be higher than the threshold of the previous tier.",
    ),
    "program_two_measures": (
        "Mọi hạng phải dùng cùng một thước đo: chi tiêu hoặc điểm xếp hạng.",
        "All tiers must use the same measure: spend or ranking points.",
    ),
    "program_window": (
        'Phải là "lifetime" hoặc {{"months": n}}.',
        'This must be "lifetime" or {{"months": n}}.',
    ),
    "program_expires_in_hold": (
        "Điểm sẽ hết hạn trước khi có hiệu lực; hãy tăng thời hạn hoặc giảm số ngày chờ.",
        "Points would expire before they take effect; set more months or fewer days of hold.",
    ),
    "not_in_range": (
        "Phải là số nguyên từ {least} đến {most}.",
        "This must be a whole number from {least} to {most}.",
    ),
    "tier_missing_spend": (
        "Còn thiếu {missing} ₫ để lên hạng {tier}.",
        "{missing} ₫ more to reach {tier}.",
    ),
    "tier_missing_points": (
        "Còn thiếu {missing} điểm xếp hạng để lên hạng {tier}.",
        "{missing} more ranking points to reach {tier}.",
    ),
    "tier_at_risk": (
        "Có thể xuống hạng {tier} vào ngày {day}.",
        "May drop to {tier} on {day}.",
    ),
    "tier_unranked": ("Chưa xếp hạng", "Unranked"),
    "tier_unknown": (
        "Không có hạng này trong chương trình; các hạng: {expected}.",
        "The program has no such tier; its tiers are: {expected}.",
    ),
    "reason_required": ("Cần nêu lý do.", "A reason is required."),
    "recompute_not_found": ("Không có lần tính lại này.", "There is no such recomputation."),
    "required": ("Trường này bắt buộc.", "This field is required."),
    "unknown_field": ("Không có trường này.", "There is no such field."),
    "wrong_type": ("Sai kiểu dữ liệu; cần {expected}.", "Wrong type; {expected} is required."),
    "json_invalid": ("Nội dung không phải JSON hợp lệ.", "The body is not valid JSON."),
    "too_long": ("Nhiều nhất {limit} ký tự.", "At most {limit} characters."),
    "too_short": ("Ít nhất {limit} ký tự.", "At least {limit} characters."),
    "too_many": ("Nhiều nhất {limit} mục.", "At most {limit} items."),
    "too_few": ("Ít nhất {limit} mục.", "At least {limit} items."),
    "not_one_of": ("Phải là một trong: {expected}.", "This must be one of: {expected}."),
    "too_small": ("Ít nhất {limit}.", "At least {limit}."),
    "too_large_number": ("Nhiều nhất {limit}.", "At most {limit}."),
    "address_not_found": ("Không có địa chỉ này.", "There is no such address."),
    "country_invalid": (
        "Phải là mã quốc gia hai chữ cái, ví dụ VN.",
        "This must be a two-letter country code, such as VN.",
    ),
    "ward_code_unknown": (
        "Không có phường/xã nào mang mã này (5 chữ số, theo Quyết định 19/2025/QĐ-TTg).",
        "No ward has this code (5 digits, Decision 19/2025/QĐ-TTg).",
    ),
    "province_code_unknown": (
        "Không có tỉnh/thành phố nào mang mã này (2 chữ số, theo Quyết định 19/2025/QĐ-TTg).",
        "No province has this code (2 digits, Decision 19/2025/QĐ-TTg).",
    ),
    "ward_of_other_province": (
        "Phường/xã này thuộc tỉnh/thành phố khác.",
        "This ward is in another province.",
    ),
    "consent_source_required": (
        "Cần ghi rõ khách đồng ý ở đâu (`source`), ví dụ mẫu đăng ký hoặc tại quầy.",
        "State where the customer agreed (`source`), such as a form or the counter.",
    ),
    "group_code_invalid": (
        "Mã nhóm gồm chữ thường không dấu, số, - hoặc _, nhiều nhất 40 ký tự.",
        "A group's code has at most 40 characters: lower-case letters, digits, - and _.",
    ),
    "group_unknown": (
        "Không có nhóm khách hàng này; tạo nhóm trong phần cài đặt trước.",
        "There is no such group; create it in the settings first.",
    ),
    "one_identity_needed": (
        "Cần đúng một trong: phone, email, card_code, code, external_id.",
        "Exactly one of these is required: phone, email, card_code, code, external_id.",
    ),
    "nobody_has_it": (
        "Không có khách hàng nào có giá trị này.",
        "No customer has this value.",
    ),
    "note_blank": ("Ghi chú không được để trống.", "A note cannot be blank."),
    "range_upside_down": (
        "`from` phải trước `to`.",
        "`from` must be before `to`.",
    ),
    "moment_invalid": (
        "Phải là thời điểm RFC 3339, ví dụ 2026-11-22T03:04:05Z, hoặc ngày yyyy-mm-dd.",
        "This must be an RFC 3339 timestamp such as 2026-11-22T03:04:05Z, or a date yyyy-mm-dd.",
    ),
    "name_required": ("Cần họ tên của khách hàng.", "The customer's name is needed."),
    # Phone numbers.
    "phone_invalid": (
        (
            "Không đọc được số điện thoại. Nhập 10 số (0912 345 678), số cố định có mã vùng 02x,"
            " hoặc số nước ngoài bắt đầu bằng +."
        ),
        (
            "This phone number cannot be read. Enter 10 digits (0912 345 678), a landline with"
            " its 02x area code, or a foreign number that starts with +."
        ),
    ),
    "phone_hotline": (
        "Đây là số tổng đài (1800, 1900…), không phải số của khách. Nhập số riêng của khách hàng.",
        "This is a hotline (1800, 1900…), not a personal number. Enter the customer's own number.",
    ),
    "phone_too_long": (
        "Quá nhiều chữ số cho một số điện thoại. Mỗi ô chỉ nhập một số, nhiều nhất 15 chữ số.",
        "Too long for one phone number. Enter one number of at most 15 digits.",
    ),
    "phone_several": (
        "Có nhiều hơn một số điện thoại. Chỉ nhập một số.",
        "There is more than one phone number here. Enter only one.",
    ),
    "phone_rounded": (
        (
            "Bảng tính đã làm tròn số này (dạng 9.12E+08) và mất chữ số."
            " Định dạng cột thành Văn bản rồi nhập lại đủ số."
        ),
        (
            "The spreadsheet rounded this number (as in 9.12E+08) and lost digits."
            " Format the column as text and type the number in full."
        ),
    ),
    "phone_old_landline": (
        (
            "Đây giống số cố định kiểu cũ, không còn dùng từ 2017. Nhập lại với mã vùng mới"
            " (ví dụ 024 3822 1234)."
        ),
        (
            "This looks like a landline from before 2017, which no longer works. Enter it with"
            " its current area code (as in 024 3822 1234)."
        ),
    ),
    "phone_unallocated": (
        "Đầu số này hình như chưa được cấp. Hãy kiểm tra lại; số vẫn được lưu như đã nhập.",
        "This prefix does not seem to be in use. Please check it; the number is kept as typed.",
    ),
    "phone_maybe_old_landline": (
        (
            "Có thể là số cố định kiểu cũ (trước 2017) chứ không phải di động."
            " Hãy kiểm tra lại; số vẫn được lưu như đã nhập."
        ),
        (
            "This may be a landline from before 2017 rather than a mobile."
            " Please check it; the number is kept as typed."
        ),
    ),
    "phone_extension_dropped": (
        "Số máy lẻ không được lưu cùng số điện thoại. Nếu cần, ghi vào ghi chú.",
        "The extension is not stored with the number. If you need it, put it in the note.",
    ),
    "masked_value": (
        "Giá trị này đã bị che (như 09xx xxx 678). Nhập giá trị đầy đủ hoặc để trống.",
        "This value is masked (as in 09xx xxx 678). Enter it in full or leave it blank.",
    ),
    # Text and names.
    "text_control_character": (
        "Có ký tự điều khiển không hiển thị được. Xóa rồi nhập lại.",
        "This contains control characters that cannot be shown. Remove them and type it again.",
    ),
    # E-mail, birthday, gender.
    "email_invalid": (
        "Email không hợp lệ. Nhập dạng ten@congty.vn.",
        "This is not a valid e-mail address. Enter one such as name@company.vn.",
    ),
    "email_not_ascii": (
        "Email không được có dấu hay ký tự lạ. Nhập lại không dấu.",
        "An e-mail address cannot have accents or unusual characters. Type it without them.",
    ),
    "email_several": (
        "Có nhiều hơn một email. Chỉ nhập một email.",
        "There is more than one e-mail address here. Enter only one.",
    ),
    "email_too_long": (
        "Email quá dài: nhiều nhất {limit} ký tự.",
        "The e-mail address is too long: at most {limit} characters.",
    ),
    "birthday_invalid": (
        (
            "Ngày sinh không hợp lệ. Nhập 1990-05-17, hoặc --05-17 nếu không rõ năm"
            " (trong tệp: 17/05/1990 hoặc 17/05)."
        ),
        (
            "This is not a valid birthday. Enter 1990-05-17, or --05-17 without a year"
            " (in files 17/05/1990 or 17/05)."
        ),
    ),
    "birthday_year": (
        "Năm sinh phải có bốn chữ số, từ {earliest} đến {latest}.",
        "The year of birth must have four digits, from {earliest} to {latest}.",
    ),
    "birthday_future": (
        "Ngày sinh ở tương lai. Nhập một ngày đã qua.",
        "The birthday is in the future. Enter a past date.",
    ),
    "gender_unknown": (
        "Không hiểu giới tính này. Nhập Nam, Nữ hoặc Khác.",
        "This gender is not recognized. Enter male, female or other (Nam, Nữ, Khác).",
    ),
    # Codes, tags, external ids, tax codes, money.
    "card_invalid": (
        "Mã thẻ chỉ gồm chữ không dấu, chữ số và các dấu như - _ . /",
        "A card code consists of letters without accents, digits and signs such as - _ . /",
    ),
    "code_invalid": (
        "Mã khách hàng có dạng KH000123.",
        "A customer code looks like KH000123.",
    ),
    "platform_invalid": (
        (
            "Tên nền tảng gồm chữ thường không dấu, chữ số, - và _ (nhiều nhất {limit} ký tự),"
            " ví dụ haravan."
        ),
        (
            "A platform's name consists of lower-case letters, digits, - and _ (at most {limit}"
            " characters), such as haravan."
        ),
    ),
    "external_id_invalid": (
        "Mã bên ngoài có dạng nền_tảng:mã, ví dụ haravan:1009, không có khoảng trắng hay dấu #.",
        "An external id looks like platform:id, as in haravan:1009, without spaces or #.",
    ),
    "external_id_repeated": (
        "Mỗi nền tảng chỉ có một mã.",
        "Each platform can have only one id.",
    ),
    "filter_blank": (
        "Bộ lọc không được để trống; bỏ hẳn nếu không lọc.",
        "A filter cannot be blank; omit it instead.",
    ),
    "address_repeated": (
        "Địa chỉ này đã có ở trên trong danh sách.",
        "This address already appears earlier in the list.",
    ),
    "tag_blank": ("Nhãn không được để trống.", "A tag cannot be blank."),
    "tag_comma": (
        "Nhãn không được có dấu phẩy hay chấm phẩy. Tách thành nhiều nhãn.",
        "A tag cannot contain a comma or semicolon. Split it into several tags.",
    ),
    "tax_code_invalid": (
        (
            "Mã số thuế doanh nghiệp có 10 chữ số, chi nhánh thêm -001 đến -999"
            " (ví dụ 0314409058-002)."
        ),
        "A company's tax code has 10 digits, a branch adds -001 to -999 (as in 0314409058-002).",
    ),
    "tax_code_check_digit": (
        "Mã số thuế sai chữ số kiểm tra. Hãy xem lại từng chữ số.",
        "The tax code's check digit is wrong. Check every digit.",
    ),
    "tax_code_personal": (
        (
            "Mã 12 số là của cá nhân hoặc hộ kinh doanh. Chọn hóa đơn cá nhân,"
            " hoặc nhập mã số thuế 10 số của công ty."
        ),
        (
            "12 digits are the id of a person or a household business. Choose an individual's"
            " invoice, or enter the company's 10-digit tax code."
        ),
    ),
    "personal_id_invalid": (
        "Số định danh cá nhân (CCCD) có 12 chữ số, bắt đầu bằng mã tỉnh (001 đến 096).",
        "A personal id has 12 digits and starts with a province (001 to 096).",
    ),
    "personal_id_legacy": (
        "Mã số thuế cá nhân 10 số hết hiệu lực từ 01-07-2025. Nên thay bằng số định danh 12 số.",
        "10-digit personal tax codes expired on 30-06-2025. Use the 12-digit personal id.",
    ),
    "personal_id_disagrees": (
        "Số định danh không khớp giới tính hoặc năm sinh. Hãy kiểm tra lại.",
        "The personal id does not match the gender or the year of birth. Please check it.",
    ),
    "money_invalid": (
        "Không đọc được số tiền. Nhập số nguyên đồng, ví dụ 17.525.000.",
        "This amount cannot be read. Enter whole đồng, such as 17.525.000.",
    ),
    "money_fraction": (
        "Số tiền có phần lẻ. Đồng Việt Nam không có số lẻ; nhập số nguyên.",
        "The amount has a fraction. Đồng have no fractions; enter a whole number.",
    ),
    "money_ambiguous": (
        "Dấu phẩy này không rõ là phần nghìn hay phần lẻ. Nhập dạng 17.525 hoặc 17525.",
        "This comma may mark thousands or decimals. Enter 17.525 or 17525.",
    ),
    "money_negative": (
        "Số tiền không được âm.",
        "An amount cannot be negative.",
    ),
    "money_too_large": (
        "Số tiền quá lớn: nhiều nhất 15 chữ số.",
        "The amount is too large: at most 15 digits.",
    ),
}


def text(code: str, locale: Locale, params: Mapping[str, object] | None = None) -> str:
    """Return the message of a code in one language, its placeholders filled."""
    vietnamese, english = TEXTS[code]
    return (vietnamese if locale == "vi" else english).format_map(params or {})
