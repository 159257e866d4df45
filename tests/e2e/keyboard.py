"""A person with a keyboard and no mouse: reaches each control by Tab, and must see where they are."""

from pathlib import Path
from typing import Any

from playwright.sync_api import ElementHandle

from tests.e2e.person import Person, wait_for

MOST_TABS = 250
# Whether the control in focus has a ring, of its own or around what holds it, and stands in the window.
IS_SEEN = """e => {
  const style = one => one && getComputedStyle(one);
  const ringed = one => style(one)?.outlineStyle !== "none" && parseFloat(style(one)?.outlineWidth) >= 2;
  const box = e.getBoundingClientRect();
  return (ringed(e) || e.closest(".door") && ringed(e.closest(".door")))
    && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
}"""
HAS_FOCUS = "e => e === document.activeElement"
IN_ITS_GROUP = "e => document.activeElement.type === 'radio' && document.activeElement.name === e.name"


class AtTheKeyboard(Person):
    def press(self, selector: str) -> None:
        control = self._reach(selector)
        control.press("Space" if control.evaluate("e => e.type") in ("checkbox", "radio") else "Enter")
        self.page.wait_for_load_state()
        self.look()

    def fill(self, **answers: str | bool) -> None:
        for name, answer in answers.items():
            selector = f"main [name={name}]"
            kind = self.page.locator(selector).first.evaluate("e => e.tagName === 'SELECT' ? 'select' : e.type")
            if kind == "radio":
                self._choose_radio(f"{selector}[value='{answer}']")
            elif kind == "select":
                self._choose(self._reach(selector), str(answer))
            else:
                self._type(self._reach(selector), kind, str(answer))

    def choose_file(self, selector: str, file: Path) -> None:
        control = self._reach(selector)
        with self.page.expect_file_chooser() as chooser:
            control.press("Enter")
        chooser.value.set_files(file)

    def _type(self, control: ElementHandle, kind: str, answer: str) -> None:
        """Type over what stands there. A field for a date speaks the browser's language: month, day, year."""
        if kind == "date":
            year, month, day = answer.split("-")
            self.page.keyboard.type(f"{month}{day}{year}")
        else:
            control.press("Control+A")
            self.page.keyboard.type(answer)
        assert control.input_value() == answer, (control.input_value(), answer)

    def _choose(self, control: ElementHandle, value: str) -> None:
        """Go to a choice of a list by its arrows."""
        steps = control.evaluate(
            "(e, value) => [...e.options].findIndex(option => option.value === value) - e.selectedIndex", value
        )
        for _ in range(abs(steps)):
            control.press("ArrowDown" if steps > 0 else "ArrowUp")
        assert control.input_value() == value, (control.input_value(), value)

    def _choose_radio(self, selector: str) -> None:
        """Tab stops once at a group; its arrows choose."""
        radio = self._reach(selector, IN_ITS_GROUP)
        group = radio.evaluate("e => document.querySelectorAll(`input[type=radio][name=${e.name}]`).length")
        for _ in range(group):
            if radio.evaluate(HAS_FOCUS):
                break
            self.page.keyboard.press("ArrowDown")
        if not radio.is_checked():
            self.page.keyboard.press("Space")
        assert radio.is_checked(), selector

    def _reach(self, selector: str, is_there: str = HAS_FOCUS) -> ElementHandle:
        """Press Tab until a control is in focus; a page that holds the focus back is an error."""
        control: Any = self.page.locator(selector).first.element_handle()
        for _ in range(MOST_TABS):
            if control.evaluate(is_there):
                # The browser scrolls there in its own time.
                wait_for(
                    lambda: self.page.evaluate(f"({IS_SEEN})(document.activeElement)"), seconds=5,
                    what=lambda: f"focus cannot be seen: {selector}",
                )  # fmt: skip
                found: ElementHandle = control
                return found
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} is not reached by Tab on {self.page.url}")
