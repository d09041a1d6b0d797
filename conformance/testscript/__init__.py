"""Runs FHIR TestScripts of R4 against any server, and reports by TestReport.

::

    script = load("patient-read.xml")
    result = run(script, Destination("https://hospital.example/fhir"))
    report = test_report(result, "zh")
"""

from conformance.testscript.engine import Settings, run
from conformance.testscript.report import test_report
from conformance.testscript.result import ActionResult, Result, ScriptResult, TestResult
from conformance.testscript.script import Script
from conformance.testscript.script_reading import load
from conformance.testscript.sender import Answer, Destination, HttpxSender, Sender
from conformance.testscript.unusable import Unsupported, Unusable
from conformance.testscript.validators import Issue, ProcessValidator, ServerValidator, Validator

__all__ = [
    "ActionResult",
    "Answer",
    "Destination",
    "HttpxSender",
    "Issue",
    "ProcessValidator",
    "Result",
    "Script",
    "ScriptResult",
    "Sender",
    "ServerValidator",
    "Settings",
    "TestResult",
    "Unsupported",
    "Unusable",
    "Validator",
    "load",
    "run",
    "test_report",
]
