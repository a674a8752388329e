"""The messages that a client of the page may send over its websocket."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from cutout_rl.game.rules import STOP
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.edit_json import PointsJson, PolygonJson, Sides, Width
from cutout_rl.web.edits import Pen
from cutout_rl.web.objects import MAX_NAME, MAX_NUMBER, MAX_OBJECTS

MAX_STEPS: Final = 1_000  # of the agent per message
Category = Annotated[int, Meta(ge=1, le=MAX_NUMBER)]


class _Message(msgspec.Struct, tag_field="do", kw_only=True):
    """A message, with the number that the next frame acknowledges."""

    id: int = 0


class Acknowledge(_Message, tag="ack"):
    """The client has received a frame and is ready for the next."""


class Open(_Message, tag="open"):
    """Open an image in Draw mode, with the current object if it is given."""

    name: str
    object: int | None = None


class BeginStroke(_Message, tag="stroke"):
    """Begin a stroke, and with `end` finish it."""

    pen: Pen
    width: Width
    points: PointsJson
    end: bool = False
    window: Sides | None = None


class ExtendStroke(_Message, tag="extend"):
    """Extend the current stroke, and with `end` finish it."""

    points: PointsJson
    end: bool = False


class Look(_Message, tag="look"):
    """Show the mask of an area of the image, which has that many pixels of the screen along its longer side."""

    area: Sides
    pixels: Annotated[int, Meta(ge=1, le=2**16)]
    window: Sides | None = None


class ShowPoints(_Message, tag="points"):
    """Show the points of the current object's outline, or stop if `area` is null.

    The tolerances, in pixels of the image, are those of `Spacing`.
    """

    area: Sides | None
    tolerance: Width = 1
    elsewhere: Width = 1


class ChangeOutline(_Message, tag="outline"):
    """Change the outline of the current object."""

    edit: PolygonJson


class SetBox(_Message, tag="box"):
    """Cut in a box; null stands for the whole image."""

    box: Sides | None


class AddObject(_Message, tag="add_object"):
    """Make a new object the current one; its class is that of the current object by default."""

    category: Category | None = None


class SelectObject(_Message, tag="select_object"):
    """Make an object the current one."""

    object: int


class ChangeObject(_Message, tag="change_object"):
    """Change an object's class, name or visibility; what is null stays."""

    object: int
    category: Category | None = None
    name: Annotated[str, Meta(max_length=MAX_NAME)] | None = None
    hidden: bool | None = None


class MoveObject(_Message, tag="move_object"):
    """Move an object down by some places in the list, or up if negative."""

    object: int
    step: Annotated[int, Meta(ge=-MAX_OBJECTS, le=MAX_OBJECTS)]


class RemoveObject(_Message, tag="remove_object"):
    """Remove an object with its edits."""

    object: int


class Did(_Message, tag="did"):
    """Take a change that was made by a request as one of this client's, by the number in the answer."""

    change: int


class Undo(_Message, tag="undo"):
    """Undo the last change."""


class Redo(_Message, tag="redo"):
    """Redo the last undone change."""


class Clear(_Message, tag="clear"):
    """Remove all edits of the current object."""


class RemoveAgentStrokes(_Message, tag="remove_agent_strokes"):
    """Remove all strokes of the agent."""


class FillBackground(_Message, tag="fill_background"):
    """Label every unlabelled pixel as background."""


class Select(_Message, tag="select"):
    """Select the stroke at a point, or the one `step` places later; nothing if both are absent."""

    at: tuple[float, float] | None = None
    step: int | None = None


class EditSelected(_Message, tag="edit_selected"):
    """Remove the selected stroke, or flip it to the other side."""

    change: Literal["remove", "flip"]


class Assist(_Message, tag="assist"):
    """Make the agent draw that many strokes; 0 stops it."""

    steps: Annotated[int, Meta(ge=0, le=MAX_STEPS)]


class Suggest(_Message, tag="suggest"):
    """Show what the agent would draw."""


class EndSuggestion(_Message, tag="end_suggestion"):
    """Draw the strokes that the agent has suggested, or discard them."""

    accept: bool


class StartCut(_Message, tag="start_cut"):
    """Draw the strokes suggested by the network."""


class SetLearning(_Message, tag="set_learning"):
    """Change settings of the network's training."""

    changes: dict[str, Any]


class WatchPrediction(_Message, tag="watch_prediction"):
    """Keep the network's prediction of the open image up to date, or stop doing so."""

    on: bool


class ResetNetwork(_Message, tag="reset_network"):
    """Draw new weights."""


class Play(_Message, tag="play"):
    """Start a game in Play mode."""


class Move(_Message, tag="move"):
    """Make a move in the game; the name is for the table of scores."""

    action: Annotated[int, Meta(ge=0, le=STOP)]
    name: str = ""


DrawMessage = (
    BeginStroke
    | ExtendStroke
    | Look
    | ShowPoints
    | ChangeOutline
    | SetBox
    | AddObject
    | SelectObject
    | ChangeObject
    | MoveObject
    | RemoveObject
    | Undo
    | Redo
    | Clear
    | RemoveAgentStrokes
    | FillBackground
    | Select
    | EditSelected
    | Assist
    | Suggest
    | EndSuggestion
    | StartCut
)
Message = Acknowledge | Open | Did | DrawMessage | SetLearning | WatchPrediction | ResetNetwork | Play | Move

_decoder: Final = msgspec.json.Decoder(Message)


def decode_message(text: str) -> Message:
    """Decode a message.

    Raises:
        CutOutError: it is invalid.
    """
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise CutOutError(f"The message is invalid: {error}.") from None
