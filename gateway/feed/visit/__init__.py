"""The internet visit: its documents, their states, the gate, the operations that move them (docs/visit.md).

Design §3 "Policy", "Business documents". Operations of the FHIR API, each an act in one write transaction
(``Transact.act``); in and out are Parameters; every one may be repeated and answers the same again:

- ``RequestGroup|ServiceRequest|Composition/{id}/$submit`` in: ``signature`` (Provenance as ``resource`` or
  ``valueReference``; absent: one that is on file), ``practitioner`` (a reference or ``SYSTEM|VALUE``, as the
  header ``X-Qiao-Practitioner``). out: ``status`` (``submitted``, ``held``, ``waiting``, ``effective``),
  ``document``, ``serial`` (Identifier), ``task`` (Reference), ``entry`` (number in the ledger), ``findings``.
- ``Task/{id}/$review`` in: ``decision`` (``approved`` | ``rejected``), ``reason``, ``signature``,
  ``practitioner``, ``confirm`` (boolean: the pharmacist has looked at why it is held).
- ``RequestGroup|ServiceRequest/{id}/$cancel`` in: ``reason``, ``practitioner``. ``status``: ``cancelled``.
- ``Encounter/{id}/$terminate`` in: ``reason``, ``practitioner``. out: ``notice`` (the Communication) too.
- ``RequestGroup/{id}/$redeem`` in: ``pharmacy`` (Reference to an Organization), ``number`` (of the pharmacy),
  ``dispense`` (MedicationDispense resources), ``practitioner``. out: ``dispense`` (References) too.
- ``ServiceRequest/{id}/$refer`` in: ``decision`` (``request``, ``accept``, ``decline``, ``complete``),
  ``reason``, ``practitioner``. ``status`` is that of the Task.
- ``RequestGroup|ServiceRequest/{id}/$assign-serial`` (right ``serials``) in: ``serial``, ``platform``.

Inside the process the same are functions of a Desk: ``submit.submit``, ``review.review``, ``assign.assign``;
``governor.Visits`` governs a store and has its ``hospitals``.
"""
