"""The analysers of a simulated laboratory: what each says and understands, and how it misbehaves.

Four of them: haematology by ASTM (LIS2-A2 in LIS1-A frames), another blood counter by HL7 v2.3.1 (as Mindray
BC), chemistry by HL7 v2.3.1 with one test in each message (as Mindray BS), immunoassay after IHE LAW. They
read a bar code, ask what is to be done, measure it, tell the results; run controls; put right what was wrong.
"""

from conformance.simulators.analysers.chemistry import Chemistry
from conformance.simulators.analysers.counter import Counter
from conformance.simulators.analysers.haematology import Haematology
from conformance.simulators.analysers.immunoassay import Immunoassay
from conformance.simulators.analysers.tube import Analyser, Measured, Role, Told, Tube

__all__ = [
    "Analyser",
    "Chemistry",
    "Counter",
    "Haematology",
    "Immunoassay",
    "Measured",
    "Role",
    "Told",
    "Tube",
]
