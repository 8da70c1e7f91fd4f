"""Moving every control of every live view, by mouse and by keyboard, and seeing the picture change.

    walk(notebook) -> list of faults, an empty one when all is well

A view is an output that holds a widget. Its *picture* is everything in it but the controls themselves
and the numbers beside sliders. A control has to change it, by each of the two ways; one that only
prepares another (a choice before "Commit") has to change itself at least, and is named in PREPARES.
"""

VIEWS = (
    ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea-output:has(.jupyter-widgets, .lm-Widget "
    "[class*=bertlab])"
)
CONTROLS = "input:not([type=hidden]), textarea, select, button, [role=slider], summary"
# The form of a prediction changes nothing before it is committed: the answer comes further down.
# A box to tick may rightly leave what is shown as it is: a component with nothing to do for this text.
PREPARES = ".bertlab-prediction, input[type=checkbox]"

_PICTURE = """view => {
    const copy = view.cloneNode(true);
    const drop = 'input, textarea, select, output, .widget-readout, .noUi-base, .noUi-handle';
    for (const node of copy.querySelectorAll(drop)) node.remove();
    const open = [...view.querySelectorAll('details')].map(one => one.open).join();
    const drawn = [...view.querySelectorAll('canvas')].map(one => one.toDataURL()).join();
    return copy.innerHTML + open + drawn;
}"""
_STATE = """control => control.type === 'radio' ? [...document.getElementsByName(control.name)]
    .map(one => one.checked).join() : [control.value, control.checked, control.ariaValueNow,
    control.getAttribute('aria-valuenow')].join()"""


def walk(notebook) -> list[str]:
    """What goes wrong when each control of the notebook's views is moved twice; it has been run."""
    faults = []
    views = notebook.page.locator(VIEWS)
    for index in range(views.count()):
        view = View(notebook, views.nth(index))
        for number in range(view.controls.count()):
            faults += [f"view {index} {fault}" for fault in view.move(number)]
        if view.boxes and not view.boxes_shown:
            faults.append(f"view {index} shows nothing of any of its {view.boxes} boxes to tick")
    return faults + notebook.lab.problems


class View:
    """One live view on the page."""

    def __init__(self, notebook, locator):
        self.notebook, self.page, self.locator = notebook, notebook.page, locator
        self.controls = locator.locator(CONTROLS)
        self.boxes = self.boxes_shown = 0  # checkboxes moved, and changes of the picture by them

    def move(self, number: int) -> list[str]:
        """Move the control of that number by keyboard, then by mouse; the faults found."""
        control = self.controls.nth(number)
        if not control.is_visible() or control.is_disabled():
            return []
        name = self._name(control)
        kind = self._kind(control)
        faults = [] if name.strip() else [f"has a {kind} without a name"]
        for way, move in (("keyboard", self._by_keyboard), ("mouse", self._by_mouse)):
            if control.is_disabled():
                break  # committed: a prediction stays
            before, state = self.locator.evaluate(_PICTURE), control.evaluate(_STATE)
            move(control, kind)
            self.boxes += kind == "checkbox" and way == "keyboard"
            if not self._changed(control, before, state):
                faults.append(f"{kind} {name!r} changes nothing by {way}")
        return faults

    def _kind(self, control) -> str:
        return control.evaluate(
            "c => c.getAttribute('role') || (c.tagName === 'INPUT' ? c.type : c.tagName.toLowerCase())"
        )

    def _name(self, control) -> str:
        return control.evaluate(
            """c => c.ariaLabel || c.title || [...(c.labels || [])].map(l => l.innerText).join(' ') ||
                c.closest('.jupyter-widgets')?.querySelector('.widget-label')?.innerText ||
                c.innerText || ''"""
        )

    def _by_keyboard(self, control, kind: str) -> None:
        control.focus()
        if kind in ("range", "slider", "number"):
            self.page.keyboard.press(self._inwards(control))
        elif kind == "select" or (kind == "radio" and control.is_checked()):
            self.page.keyboard.press(self._inwards(control))
        elif kind in ("text", "textarea"):
            self.page.keyboard.press("End")
            self.page.keyboard.type(" again")
            self.page.keyboard.press("Enter" if kind == "text" else "Tab")
        else:
            self.page.keyboard.press("Space")

    def _inwards(self, control) -> str:
        """The arrow key that moves the control away from the end at which it stands, if at one."""
        last = control.evaluate(
            """c => c.tagName === 'SELECT' ? c.selectedIndex === c.options.length - 1
                : Number(c.getAttribute('aria-valuenow') ?? c.value)
                  >= Number(c.getAttribute('aria-valuemax') ?? c.max)"""
        )
        vertical = control.evaluate("c => c.tagName === 'SELECT' || c.type === 'radio'")
        if vertical:
            return (
                "ArrowUp"
                if last and control.evaluate("c => c.tagName === 'SELECT'")
                else "ArrowDown"
            )
        return "ArrowLeft" if last else "ArrowRight"

    def _by_mouse(self, control, kind: str) -> None:
        control.scroll_into_view_if_needed()
        if kind == "range":
            box = control.bounding_box()
            at = control.evaluate("c => (c.value - c.min) / (c.max - c.min)")
            share = 0.2 if at > 0.5 else 0.8
            self.page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        elif kind == "slider":
            rail = control.locator(
                "xpath=ancestor::*[contains(@class, 'noUi-target')]"
            ).bounding_box()
            own = control.bounding_box()
            at = (own["x"] + own["width"] / 2 - rail["x"]) / rail["width"]
            x, y = (
                rail["x"] + (0.2 if at > 0.5 else 0.8) * rail["width"],
                own["y"] + own["height"] / 2,
            )
            self.page.mouse.move(own["x"] + own["width"] / 2, y)
            self.page.mouse.down()
            self.page.mouse.move(x, y, steps=4)
            self.page.mouse.up()
        elif kind == "select":
            # a list drops down outside the page, where no test can click: the choice is made by index
            last = control.evaluate("c => c.selectedIndex === c.options.length - 1")
            at = control.evaluate("c => c.selectedIndex")
            control.select_option(index=max(0, at - 1) if last else at + 1)
        elif kind in ("text", "textarea"):
            control.click(click_count=2)  # selects a word, which the keys then replace
            self.page.keyboard.type("other")
            self.page.keyboard.press("Enter" if kind == "text" else "Tab")
        elif kind == "number":
            control.click()
            self.page.keyboard.press("ArrowUp")
        elif kind == "radio" and control.is_checked():
            control.evaluate(  # a second click on a chosen one does nothing: its neighbour is clicked
                """c => [...document.getElementsByName(c.name)].find(one => one !== c)
                    .setAttribute('data-neighbour', '')"""
            )
            neighbour = self.locator.locator("[data-neighbour]").first
            neighbour.click()
            neighbour.evaluate("c => c.removeAttribute('data-neighbour')")
        else:
            control.click()

    def _changed(self, control, before: str, state: str) -> bool:
        """Whether the picture changed within two seconds (or, of one that prepares, the control)."""
        prepares = control.evaluate("(c, selector) => !!c.closest(selector)", PREPARES)
        for attempt in range(20):
            self.page.wait_for_timeout(100)
            if self.locator.evaluate(_PICTURE) != before:
                self.boxes_shown += control.get_attribute("type") == "checkbox"
                return True
            if attempt > 9 and prepares and control.evaluate(_STATE) != state:
                return True
        return False
