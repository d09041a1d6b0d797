"""What a HIS exports as files: tables in GB18030 arrive; a shifted line does not become wrong data."""

from __future__ import annotations

from conformance.harness.run import Run
from conformance.simulators import papers
from conformance.suites.exchange.arrived import expect_person
from conformance.suites.exchange.branch import Branch, branch
from conformance.suites.exchange.hospital import counted


@branch(
    "files",
    zh="GB18030 编码的 CSV 逐行入库，汉字不变",
    en="a CSV in GB18030 arrives line by line, its characters as they were",
)
def file_arrives(run: Run, branch: Branch) -> None:
    """Three patients in one file."""
    visits = [branch.visit() for _ in range(3)]
    branch.drop("患者", papers.written(papers.table(one.person for one in visits)))
    for one in visits:
        expect_person(run, branch, one)


@branch(
    "files",
    zh="列错位的行不成为错误的数据，其余各行照常入库",
    en="a shifted line does not become wrong data; the others arrive",
)
def file_shifted(run: Run, branch: Branch) -> None:
    """One line has a cell too many, another one too few; a good one stands on either side."""
    visits = [branch.visit() for _ in range(4)]
    lines = papers.table(one.person for one in visits)
    lines[2].insert(1, "")
    del lines[3][2]
    branch.drop("患者", papers.written(lines))
    for one in (visits[0], visits[3]):
        expect_person(run, branch, one)
    for one in visits[1:3]:
        listed = branch.absent(f"Patient?identifier={one.person.mrn}")
        run.expect(not listed, "错位的行未成为患者", "no patient came of a shifted line", counted(listed))


@branch("files", zh="再次放入的文件不重复入库", en="a file that is put there again stores nothing twice")
def file_repeated(run: Run, branch: Branch) -> None:
    """The same bytes under another name; a file that comes after it has been read, too."""
    visit, after = branch.visit(), branch.visit()
    table = papers.written(papers.table([visit.person]))
    branch.drop("患者", table)
    before = expect_person(run, branch, visit)
    branch.drop("患者2", table)
    branch.drop("患者3", papers.written(papers.table([after.person])))
    expect_person(run, branch, after)
    listed = branch.found(f"Patient?identifier={visit.person.mrn}")
    run.expect(
        [one.get("id") for one in listed] == [before.get("id")],
        "患者只有一个",
        "there is one patient",
        counted(listed),
    )
