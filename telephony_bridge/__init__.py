"""The bridge between a telephone exchange and whoever wants to know about calls. Knows nothing of tickets.

Data's way: bytes -> `wire` (frames, messages) -> `sources` (facts, the same words for every exchange) ->
`book` and `calls` (a pure state machine per call) -> call events -> whoever iterates `Supervisor.events`.

    supervisor = open_bridge("ami://desk:secret@10.0.0.5/?source=pbx1")
    async for event in supervisor.events():
        publish(event.to_dict())

* `api` is all that business code imports: CallEvent, the event names, the errors.
* `open` builds a source or a supervised bridge from a URL; `supervise` reconnects, `resync` closes the gap.
* `simulate` plays one recorded call on demand; `recorded` holds recordings of our own laboratory exchange.

The bridge only listens: when it dies no call is dropped, and when it comes back it asks the exchange what is
there. Events may come twice (after a reconnect, or from a second bridge on the same exchange); their
`event_id` says so. Phone numbers and names never reach a log.
"""
