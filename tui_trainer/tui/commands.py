"""The commands of the palette, found by what they are called and by what they do."""

from textual.command import Hit, Hits
from textual.system_commands import SystemCommandsProvider


class Commands(SystemCommandsProvider):
    """Textual's own list; it looks at the names alone, which here are as short as a footer's."""

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, help, callback, *_ in self.app.get_system_commands(self.screen):
            if (match := max(matcher.match(name), matcher.match(help))) > 0:
                yield Hit(match, matcher.highlight(name), callback, help=help)
