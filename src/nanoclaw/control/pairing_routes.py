"""Linking an account: the operations, and what each answers."""

from nanoclaw.control.pairing_shapes import PairingQuery, PairingShape, PairRequest
from nanoclaw.control.route import Route
from nanoclaw.control.service import Service
from nanoclaw.control.shapes import Done


async def _begin(service: Service, channel: str, request: PairRequest) -> PairingShape:
    return await service.pairing.begin(channel, request)


async def _look(service: Service, channel: str, query: PairingQuery) -> PairingShape:
    return await service.pairing.look(channel, query)


async def _give_up(service: Service, channel: str, _request: None) -> Done:
    return await service.pairing.give_up(channel)


async def _logout(service: Service, channel: str, _request: None) -> Done:
    return await service.pairing.logout(channel)


PAIRING_ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/v1/channels/{channel}/pairing",
        name="begin_pairing",
        summary="Begin to link an account to a channel, or join the pairing that goes on.",
        answer=_begin,
        body=PairRequest,
        response=PairingShape,
        problems=(400, 404, 409, 413, 422),
    ),
    Route(
        method="GET",
        path="/v1/channels/{channel}/pairing",
        name="pairing",
        summary="How far a pairing has come; one that nobody asks about for a minute is given up.",
        answer=_look,
        query=PairingQuery,
        response=PairingShape,
        problems=(400, 404, 422),
    ),
    Route(
        method="DELETE",
        path="/v1/channels/{channel}/pairing",
        name="give_up_pairing",
        summary="Give a pairing up.",
        answer=_give_up,
        response=Done,
        problems=(404,),
    ),
    Route(
        method="POST",
        path="/v1/channels/{channel}/logout",
        name="logout",
        summary="End a channel's session at its network, and forget it.",
        answer=_logout,
        response=Done,
        problems=(404, 409),
    ),
)
