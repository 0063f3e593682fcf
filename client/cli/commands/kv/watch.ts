import type { ChangeEvent } from "../../../calls/watch.ts";
import { EXIT } from "../../common/exit_codes.ts";
import { wholeNumber } from "../../common/whole_number.ts";
import type { Command } from "../command.ts";
import { quoted, valueJson, valueLine } from "./value.ts";

const MAX_VALUE_CHARS = 60;

export const watch: Command = {
  name: "watch",
  usage: "watch [PREFIX]",
  summary: "print changes of keys that begin with PREFIX as they happen, each once and in order",
  notes: [
    "An event is believed once f+1 replicas say it alike. Ends with Ctrl-C, or after --count events. With --json one JSON value a line, one line an event.",
    "Exit code 1 where the revision to begin with is no longer kept.",
  ],
  operands: [0, 1],
  options: {
    from: { value: "REVISION", summary: "begin with this revision, not with the next" },
    exact: { value: null, summary: "watch the key PREFIX alone" },
    count: { value: "N", summary: "end after N events" },
  },
  showsProgress: true,
  async run({ client, operands: [prefix = ""], options, globals, emit }) {
    const from = options["from"] === undefined
      ? {}
      : { from: wholeNumber("--from", options["from"], 1, Number.MAX_SAFE_INTEGER) };
    const count = options["count"] === undefined
      ? Infinity
      : wholeNumber("--count", options["count"], 1, Number.MAX_SAFE_INTEGER);
    const watching = await client.watch(prefix, { ...from, exact: "exact" in options });
    let events = 0;
    for await (const event of watching) {
      emit(globals.json ? JSON.stringify(eventJson(event)) : eventLines(event));
      if (++events === count) break;
    }
    return { exitCode: EXIT.done, json: { events, through: watching.through }, exact: true };
  },
};

const eventJson = ({ revision, changes }: ChangeEvent) => ({
  revision,
  changes: changes.map(({ key, value, createRevision }) => ({
    ...(value === null ? { key, deleted: true } : { key, ...valueJson(value), createRevision }),
  })),
});

const eventLines = ({ revision, changes }: ChangeEvent): string =>
  changes.map(({ key, value }) => {
    return value === null
      ? `${revision}  delete ${quoted(key)}`
      : `${revision}  put ${quoted(key)} ${valueLine(value, MAX_VALUE_CHARS)}`;
  }).join("\n");
