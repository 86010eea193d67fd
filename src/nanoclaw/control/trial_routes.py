"""Verifying: the operations, and what each answers."""

from contextlib import AbstractAsyncContextManager

from nanoclaw.control.route import Route
from nanoclaw.control.service import Service
from nanoclaw.control.trial_shapes import ProbeShape, TrialRequest, TrialShape


def _hold(service: Service, request: TrialRequest) -> AbstractAsyncContextManager[TrialShape]:
    return service.trials.hold(request)


async def _probe(service: Service, channel: str, _request: None) -> ProbeShape:
    return await service.trials.probe(channel)


TRIAL_ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/v1/trials",
        name="trial",
        summary="Temporary groups on a scripted model, in one line of JSON, then an empty line a second; they are"
        " erased when the connection ends.",
        answer=_probe,
        holds=_hold,
        body=TrialRequest,
        response=TrialShape,
        problems=(400, 409, 413, 422, 503),
        streams=True,
    ),
    Route(
        method="POST",
        path="/v1/channels/{channel}/probe",
        name="probe",
        summary="Have a channel prove itself by a round trip of its own, where it can.",
        answer=_probe,
        response=ProbeShape,
        problems=(404,),
    ),
)
