"""Faults of files with rows or records: what a drop folder tells of a line or of a whole file."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "a row has {cells} cells where the heading has {wanted}": (
        "该行有 {cells} 格，而表头有 {wanted} 列（列错位）"
    ),
    "no date stands under {column}, but one does beside it: the row is shifted": (
        "“{column}”列中不是日期，而相邻列中是日期（列错位）"
    ),
    "the number under {column} has lost digits in Excel; make the column a text and export it again": (
        "“{column}”列中的号码被 Excel 截短（如 2.02603E+15）；请将该列设为文本格式后重新导出"
    ),
    "the line is a sum and no record; leave such lines out with ignore: in a pattern": (
        "该行是合计行，不是记录；请在匹配规则中用 ignore: 排除此类行"
    ),
    "no record has a column that the layout needs: {columns}; "
    "say in a pattern where the records are (records:) or what its columns are called (columns:)": (
        "没有一条记录含有布局必需的列：{columns}；"
        "请在匹配规则中用 records: 指明记录路径，或用 columns: 指明各列的名称"
    ),
    "elements of several kinds stand side by side: {found}; "
    "say in a pattern which of them are the records (records:)": (
        "并列着多种元素：{found}；请在匹配规则中用 records: 指明哪一种是记录"
    ),
    "a line holds bytes that are zero": "该行含有空字节",
    "an Excel workbook before 2007 (.xls), or one with a password; save it as .xlsx or CSV": (
        "这是 2007 年以前的 Excel 工作簿（.xls），或设有密码；请另存为 .xlsx 或 CSV"
    ),
    "the file is named .xls and is a web page; save it as .xlsx or CSV": (
        "文件扩展名为 .xls，实为网页；请另存为 .xlsx 或 CSV"
    ),
    "work/ must lie on the file system of the folder": "work/ 须与该文件夹位于同一文件系统",
    "a quotation mark is not closed, or something follows the closing one": (
        "引号未闭合，或闭合引号后还有内容"
    ),
    "a line is longer than {limit} bytes": "该行超过 {limit} 字节",
    "a cell says {said} instead of a value": "单元格中是 {said}，而不是值",
    "a record is no JSON object": "记录不是 JSON 对象",
    "a record says two things by the name {name}": "一条记录中“{name}”出现两次且内容不同",
    "the column that groups the rows is empty; fill it in every row, also where cells are merged": (
        "用于分组的列为空；请逐行填写，合并的单元格须取消合并"
    ),
    "a row that belongs to it cannot be read; the record waits as a whole": (
        "所属的某一行无法读取，整条记录暂存待处理"
    ),
    "rows of one record contradict each other in {columns}": "同一记录的各行在 {columns} 上互相矛盾",
    "more than {limit} rows lie apart from those of their record; sort the file by {columns}": (
        "有超过 {limit} 行与所属记录的其他行不相邻；请按 {columns} 对文件排序"
    ),
    "more than {limit} rows belong to one record": "一条记录所含明细超过 {limit} 行",
    "the file is empty": "文件为空",
    "nothing says what the file is; add a pattern, or head its columns as a layout does": (
        "无法判断该文件的内容：请为其添加匹配规则，或按布局中的列名命名各列"
    ),
    "files that end so are not read; save it as one of {known}": (
        "不支持该扩展名的文件，请另存为以下格式之一：{known}"
    ),
    "the file ends before the line of its heading": "文件在表头行之前就结束了",
    "columns that the layout needs are missing: {columns}; "
    "it has {found}, and {unknown} headings that are not known": (
        "缺少布局必需的列：{columns}；已识别的表头：{found}；未识别的表头数：{unknown}"
    ),
    "two columns are headed alike: {columns}": "表头中有重复的列：{columns}",
    "nothing is found at the path of the records": "记录路径处没有找到任何内容",
    "the file is not text: it holds bytes that are zero": "文件不是文本：含有空字节",
    "a JSON file longer than {limit} bytes; write one record a line (.ndjson)": (
        "JSON 文件超过 {limit} 字节；请改为每行一条记录的 .ndjson"
    ),
    "the file is not JSON": "文件不是 JSON",
    "the file is no well-formed XML": "文件不是格式良好的 XML",
    "the file is no Excel workbook (.xlsx)": "文件不是 Excel 工作簿（.xlsx）",
    "the workbook would be {size} bytes when unpacked, more than {limit}": (
        "工作簿解压后将有 {size} 字节，超过上限 {limit}"
    ),
    "the workbook has no sheet of this name": "工作簿中没有该名称的工作表",
    "the file is longer than {limit} bytes": "文件超过 {limit} 字节",
    "the heading has more than {limit} columns": "表头超过 {limit} 列",
    "the file cannot be read: {why}": "无法读取文件：{why}",
    "reading it failed with {kind}: report it with this entry": "读取时发生 {kind}：请连同本条目一起报告",
    "unknown key {what}; a file pattern has {known}": "未知的键 {what}；文件匹配规则可用：{known}",
    "a file pattern has match: and view: (or view: document)": (
        "文件匹配规则须有 match: 与 view:（或 view: document）"
    ),
    "no layout in mappings/rows is called {what}; there are: {known}": (
        "mappings/rows 中没有名为 {what} 的布局；现有：{known}"
    ),
    "'{key}' takes {what}": "“{key}”应为{what}",
    "set folder: where the files are dropped": "请设置 folder：文件投放的文件夹",
    "the folder cannot be used: {why}": "该文件夹无法使用：{why}",
    "the folder with file patterns cannot be read: {why}": "无法读取文件匹配规则所在的文件夹：{why}",
}
