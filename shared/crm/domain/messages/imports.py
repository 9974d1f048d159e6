"""Why an import did not take a file or a row, and what to do, in Vietnamese and English."""

from collections.abc import Mapping

#: Labels of row outcomes.
OUTCOME_LABELS: Mapping[str, tuple[str, str]] = {
    "created": ("Khách hàng mới", "New customers"),
    "updated": ("Khách hàng được cập nhật", "Customers updated"),
    "unchanged": ("Không có gì thay đổi", "Unchanged"),
    "skipped": ("Bỏ qua vì đã có", "Skipped, already a customer"),
    "duplicated": ("Tạo mới dù trùng", "Created as duplicates"),
    "merged_in_file": ("Gộp vào dòng trước trong tệp", "Merged into an earlier row of the file"),
    "conflict": ("Xung đột, không nhập", "Conflict, not imported"),
    "invalid": ("Không hợp lệ, không nhập", "Not valid, not imported"),
}

IMPORT_TEXTS: Mapping[str, tuple[str, str]] = {
    "import_not_found": ("Không có lần nhập này.", "There is no such import."),
    "import_not_awaiting_commit": (
        "Lần nhập này không có kế hoạch nào đang chờ xác nhận.",
        "This import has no plan awaiting a commit.",
    ),
    "plan_hash_differs": (
        "Kế hoạch đã khác với bản bạn xem. Hãy xem lại kế hoạch rồi xác nhận.",
        "The plan has changed since you saw it. Review it again, then commit.",
    ),
    "plan_expired": (
        "Kế hoạch đã hết hạn sau 7 ngày. Hãy nhập lại tệp.",
        "The plan expired after 7 days. Import the file again.",
    ),
    "import_ended": (
        "Lần nhập này đã kết thúc nên không hủy được.",
        "This import has ended and cannot be cancelled.",
    ),
    "import_moving": (
        "Lần nhập đang thay đổi. Vui lòng thử lại sau giây lát.",
        "The import is changing. Please try again in a moment.",
    ),
    "import_not_revertible": (
        "Lần nhập này không có gì để hoàn tác.",
        "This import has nothing to revert.",
    ),
    "import_stopping": (
        "Lần nhập đang dừng lại. Vui lòng thử hoàn tác sau ít phút.",
        "The import is still stopping. Please revert it in a few minutes.",
    ),
    "revert_too_late": (
        "Lần nhập đã kết thúc hơn 30 ngày nên không hoàn tác được nữa.",
        "The import ended more than 30 days ago and can no longer be reverted.",
    ),
    "revert_stopped": (
        (
            "Việc hoàn tác bị dừng giữa chừng do lỗi của hệ thống. Hãy hoàn tác lần nữa: phần đã"
            " làm được giữ nguyên."
        ),
        (
            "The revert stopped because of an error on our side. Revert once more: what is"
            " already reverted stays so."
        ),
    ),
    "edited_since": (
        "Đã được sửa sau lần nhập nên giữ nguyên.",
        "This was changed after the import, so it is kept.",
    ),
    "bought_since": (
        "Khách đã mua hàng sau lần nhập nên được giữ lại.",
        "The customer has bought since the import, so they are kept.",
    ),
    "joined_since": (
        "Khách đã tham gia chương trình thành viên sau lần nhập nên được giữ lại.",
        "The customer has joined the loyalty program since the import, so they are kept.",
    ),
    "taken_since": (
        "Giá trị cũ nay thuộc khách hàng khác.",
        "The previous value now belongs to another customer.",
    ),
    # Why a whole file was refused.
    "file_too_large": (
        "Tệp lớn hơn {limit} MB. Hãy chia thành nhiều tệp nhỏ hơn rồi nhập từng tệp.",
        "The file is larger than {limit} MB. Split it into smaller files and import each.",
    ),
    "empty_file": (
        "Tệp không có nội dung. Hãy kiểm tra xem bạn đã lưu và chọn đúng tệp chưa.",
        "The file is empty. Check that you saved it and chose the right one.",
    ),
    "not_a_workbook": (
        "Đây không phải tệp bảng tính. Hãy lưu danh sách dưới dạng .xlsx hoặc .csv rồi nhập lại.",
        "This is not a spreadsheet. Save the list as .xlsx or .csv and import it again.",
    ),
    "old_workbook": (
        (
            "Đây là tệp Excel kiểu cũ (.xls, .xlsb). Mở bằng Excel, chọn Lưu thành"
            " “Excel Workbook (.xlsx)” rồi nhập lại."
        ),
        (
            "This is an older Excel file (.xls, .xlsb). Open it in Excel, save it as"
            " “Excel Workbook (.xlsx)” and import it again."
        ),
    ),
    "encrypted_workbook": (
        "Tệp có mật khẩu. Hãy bỏ mật khẩu (Tệp › Thông tin › Bảo vệ sổ làm việc) rồi nhập lại.",
        "The file has a password. Remove it (File › Info › Protect Workbook) and import again.",
    ),
    "broken_workbook": (
        "Tệp bị hỏng hoặc tải lên chưa trọn. Mở bằng Excel, lưu thành tệp .xlsx mới rồi nhập lại.",
        "The file is damaged or incomplete. Open it in Excel, save a new .xlsx and import that.",
    ),
    "macro_workbook": (
        "Tệp có macro nên không được nhận. Hãy lưu thành “Excel Workbook (.xlsx)” rồi nhập lại.",
        "Files with macros are refused. Save it as “Excel Workbook (.xlsx)” and try again.",
    ),
    "unsafe_workbook": (
        "Tệp có nội dung không an toàn. Chép bảng sang một sổ làm việc mới rồi nhập tệp đó.",
        "The file has unsafe content. Copy the table to a new workbook and import that.",
    ),
    "too_many_parts": (
        "Tệp có quá nhiều phần (hơn {limit}). Chép riêng bảng khách hàng sang một tệp mới.",
        "The file has too many parts (over {limit}). Copy only the table to a new workbook.",
    ),
    "inflates_too_much": (
        "Nội dung tệp khi mở ra lớn hơn {limit} MB. Hãy chia thành nhiều tệp nhỏ hơn.",
        "Unpacked, the file is larger than {limit} MB. Split it into smaller files.",
    ),
    "zip_bomb": (
        "Tệp nén bất thường nên không được mở. Chép bảng sang một sổ làm việc mới rồi nhập lại.",
        "The file is compressed abnormally and was not opened. Copy the table to a new workbook.",
    ),
    "too_many_columns": (
        "Bảng rộng hơn {limit} cột. Hãy xóa các cột thừa bên phải bảng rồi nhập lại.",
        "The sheet is wider than {limit} columns. Delete those right of the table and try again.",
    ),
    "too_many_rows": (
        "Tệp có nhiều hơn {limit} dòng. Hãy chia thành nhiều tệp (và xóa ô thừa ở cuối bảng).",
        "The file has more than {limit} rows. Split it (and delete stray cells below the table).",
    ),
    "broken_csv": (
        "Có dấu ngoặc kép mở mà không đóng, hoặc một ô quá dài. Hãy sửa rồi nhập lại.",
        "A quotation mark is not closed, or a cell is too long. Fix it and import again.",
    ),
    "mixed_encoding": (
        "Tệp trộn nhiều bảng mã chữ. Mở bằng Excel, lưu dưới dạng “CSV UTF-8” rồi nhập lại.",
        "The file mixes text encodings. Open it in Excel, save it as “CSV UTF-8” and try again.",
    ),
    "unknown_encoding": (
        "Không nhận ra bảng mã chữ của tệp. Hãy lưu dưới dạng “CSV UTF-8” hoặc .xlsx.",
        "The text encoding is not recognized. Save the file as “CSV UTF-8” or .xlsx.",
    ),
    "unknown_header": (
        (
            "Không tìm thấy dòng tiêu đề. Cần ít nhất một cột như Họ và tên, Số điện thoại, Email,"
            " Ngày sinh hoặc Giới tính."
        ),
        (
            "No header row was found. At least one column such as Full name, Phone, Email,"
            " Birthday or Gender is required."
        ),
    ),
    "repeated_header": (
        "Hai cột “{first}” và “{second}” có cùng ý nghĩa. Hãy giữ lại một cột.",
        "The columns “{first}” and “{second}” mean the same. Keep one of them.",
    ),
    "no_rows": (
        "Dưới dòng tiêu đề không có dòng dữ liệu nào. Hãy thêm khách hàng rồi nhập lại.",
        "There is no data row below the header. Add customers and import again.",
    ),
    "import_stopped": (
        (
            "Lần nhập bị dừng giữa chừng do lỗi của hệ thống. Nếu bạn đã duyệt kế hoạch, hãy duyệt"
            " lại để chạy tiếp. Nếu không, hãy nhập lại đúng tệp này với chế độ ghi đè: dòng đã"
            " vào sẽ được giữ nguyên."
        ),
        (
            "The import stopped because of an error on our side. If you committed a plan, commit"
            " it again to continue. Otherwise import the same file again in the mode overwrite:"
            " rows that were already imported stay as they are."
        ),
    ),
    "file_changed": (
        (
            "Một tệp khác đã được gửi vào lần nhập này khi nó đang chạy. Hãy tạo lần nhập mới cho"
            " tệp đó."
        ),
        (
            "Another file was sent to this import while it was running. Start a new import for"
            " that file."
        ),
    ),
    "file_unreadable": (
        (
            "Tệp quá nặng hoặc bị lỗi nên không mở được. Chép bảng sang một sổ làm việc mới,"
            " hoặc chia thành nhiều tệp, rồi nhập lại."
        ),
        (
            "The file is too large or damaged and could not be opened. Copy the table to a new"
            " workbook, or split it, and import again."
        ),
    ),
    "ambiguous_header": (
        (
            "Cột “{header}” có thể là một trong: {candidates}. Hãy chọn cột tương ứng (mapping)"
            " hoặc đổi tiêu đề rồi nhập lại."
        ),
        (
            "The header “{header}” may mean any of: {candidates}. Choose one with `mapping`, or"
            " rename the header, and import again."
        ),
    ),
    "mapped_header_missing": (
        "Không có cột “{header}” trong tệp. Kiểm tra lại tiêu đề đã chọn rồi nhập lại.",
        "The file has no header “{header}”. Check the headers of `mapping` and import again.",
    ),
    "drop_option_invalid": (
        "Siêu dữ liệu {option} của tệp phải là một trong: {expected}. Hãy sửa rồi gửi lại tệp.",
        "The file's metadata {option} must be one of: {expected}. Fix it and send the file again.",
    ),
    "points_column_missing": (
        "Không tìm thấy cột Điểm. Hãy thêm cột Điểm (points) rồi nhập lại.",
        "There is no points column. Add the column Points and import again.",
    ),
    "opening_of_points": (
        "Số dư đầu kỳ chỉ đi cùng tệp khách hàng (kind customers).",
        "Opening balances are only allowed in a file of customers (kind customers).",
    ),
    "points_taken_back": ("Hoàn tác lần nhập điểm", "The import of points was reverted"),
    # Why a row was refused.
    "customer_unknown": (
        "Không có khách hàng nào mang mã, số điện thoại, email hay mã thẻ này.",
        "No customer has this code, phone, e-mail or card.",
    ),
    "moment_in_future": (
        "Thời điểm này ở tương lai. Hãy nhập ngày đã qua.",
        "This time is in the future. Enter a past date.",
    ),
    "cell_too_long": (
        "Ô này dài hơn {limit} ký tự. Hãy rút gọn.",
        "This cell is longer than {limit} characters. Shorten it.",
    ),
    "dates_mixed": (
        "Cột này vừa có ngày/tháng vừa có tháng/ngày. Hãy nhập cả cột theo ngày/tháng/năm.",
        "This column mixes day/month and month/day. Enter the whole column as day/month/year.",
    ),
    "date_order_day_first": (
        "Cột này ghi ngày trước tháng, nhưng ô này thì không. Hãy nhập theo ngày/tháng/năm.",
        "This column puts the day first, but this cell does not. Enter it as day/month/year.",
    ),
    "date_order_month_first": (
        "Cột này ghi tháng trước ngày, nhưng ô này thì không. Hãy nhập theo tháng/ngày/năm.",
        "This column puts the month first, but this cell does not. Enter it as month/day/year.",
    ),
    "row_names_nobody": (
        "Dòng này cần ít nhất họ, tên, email hoặc số điện thoại.",
        "This row needs at least a family name, a given name, an e-mail or a phone.",
    ),
    "names_two_customers": (
        (
            "Mã, số điện thoại, email, mã thẻ của dòng này thuộc về hai khách hàng khác nhau."
            " Hãy chỉ giữ thông tin của một người."
        ),
        (
            "The code, phone, e-mail and card of this row belong to two different customers."
            " Keep only those of one customer."
        ),
    ),
    "customer_gone": (
        (
            "Khách hàng mà dòng này nêu không còn sửa được (đã gộp hoặc đã xóa dữ liệu). Hãy bỏ"
            " dòng này."
        ),
        ("The customer of this row can no longer be edited (merged or erased). Remove this row."),
    ),
    "row_duplicated": (
        (
            "Số điện thoại, email hoặc mã của dòng này đã có ở khách hàng khác, nên có thêm một"
            " khách hàng trùng. Hãy gộp hai hồ sơ trong mục khách hàng trùng; đừng nhập lại dòng"
            " này."
        ),
        (
            "Another customer already has the phone, e-mail or code of this row, so a duplicate"
            " was created. Merge the two under duplicates; do not import this row again."
        ),
    ),
    "merged_into_failed": (
        "Dòng này cùng một người với dòng {row}, mà dòng đó không nhập được. Hãy sửa dòng {row}.",
        "This row is the same person as row {row}, which was not imported. Correct row {row}.",
    ),
    "template_names_nobody": (
        "Cần ít nhất một cột trong số: full_name, family_name, given_name, phone, email.",
        "At least one of these is required: full_name, family_name, given_name, phone, email.",
    ),
    "import_has_no_report": (
        "Lần nhập này không có dòng nào cần xem lại, nên không có báo cáo.",
        "No row of this import needs attention, so there is no report.",
    ),
    "import_report_gone": (
        "Báo cáo chỉ được giữ 30 ngày kể từ khi nhập.",
        "Reports are kept for 30 days.",
    ),
    "moved": (
        "Khách hàng này vừa được sửa ở nơi khác trong lúc nhập. Hãy nhập lại dòng này.",
        "This customer was edited elsewhere during the import. Import this row again.",
    ),
    # Warnings about rows that were imported.
    "opening_known": (
        (
            "Khách hàng này đã có số dư đầu kỳ, nên số liệu ở dòng này được bỏ qua. Hãy hoàn tác"
            " lần nhập trước nếu muốn thay."
        ),
        (
            "This customer already has an opening balance, so the amounts of this row were"
            " ignored. To replace it, revert the import that created it."
        ),
    ),
    "code_unknown": (
        "Không có khách hàng nào mang mã này, nên mã được bỏ qua. Mã khách hàng do hệ thống cấp.",
        "No customer has this code, so it was ignored. Codes are assigned by the system.",
    ),
    "invoice_incomplete": (
        (
            "Thông tin hóa đơn chưa đủ nên chưa được lưu: công ty cần tên, mã số thuế và địa chỉ;"
            " cá nhân cần tên."
        ),
        (
            "The invoice details are incomplete and were not saved: a company needs a name, a tax"
            " code and an address; a person needs a name."
        ),
    ),
}
