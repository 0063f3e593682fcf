/** Buttons that break and mend a replica. There are some only where the page was served by a cluster started for play. */
import { byId, element, setAttribute, setText } from "./dom.js";
import { credentials } from "./kv_api.js";
import { problemOf } from "./stream.js";

const runs = ({ process }) => process === "running";
const settled = ({ process }) => process !== "starting";
/** Action, label, when it makes sense. */
const BUTTONS = [
  ["crash", "Crash", ({ process }) => process === "running" || process === "paused"],
  ["restart", "Restart", settled],
  ["pause", "Pause", runs],
  ["resume", "Resume", ({ process }) => process === "paused"],
  ["cut", "Cut off", ({ network }) => network !== "cut"],
  ["slow", "Slow down", ({ network }) => network !== "slow"],
  ["heal", "Heal", ({ network }) => network !== "whole"],
  ["corrupt", "Corrupt", settled],
];

/** Makes the buttons of one replica. */
export function playControls(replica, lies) {
  const modes = element(
    "select",
    { "aria-label": `How ${replica} lies when it is corrupted` },
    ...Object.entries(lies).map(([mode, what]) => element("option", { value: mode, title: what }, mode)),
  );
  const said = element("span", { class: "quiet lie" }, lies[modes.value] ?? "");
  modes.addEventListener("change", () => setText(said, lies[modes.value] ?? ""));
  const buttons = BUTTONS.map(([action, label, allowed]) => {
    const button = element(
      "button",
      { type: "button", "data-action": action, "aria-label": `${label} ${replica}` },
      label,
    );
    button.addEventListener("click", () => {
      // Still focusable, so that whoever uses a keyboard keeps the place.
      if (button.getAttribute("aria-disabled") === "true") return;
      void act(replica, action, action === "corrupt" ? modes.value : "");
    });
    return { button, allowed };
  });
  const root = element(
    "fieldset",
    { class: "play" },
    element("legend", {}, `Play with ${replica}`),
    ...buttons.map(({ button }) => button),
    modes,
    said,
  );
  return {
    root,
    update(state) {
      for (const { button, allowed } of buttons) setAttribute(button, "aria-disabled", allowed(state) ? null : "true");
    },
  };
}

async function act(replica, action, mode) {
  say(`${replica}: ${action}…`, false);
  try {
    const token = document.querySelector("meta[name=play-token]").content;
    const response = await fetch(`/v1/play/${encodeURIComponent(replica)}/${action}`, {
      method: "POST",
      headers: { ...credentials(), "x-play-token": token },
      body: mode,
    });
    if (response.ok) say(`${replica}: ${action}: done. See above why it is survived, and below what happened.`, false);
    else say(`${replica}: ${action} was refused: ${await problemOf(response)}`, true);
  } catch (error) {
    say(`${replica}: ${action} did not get through: ${error.message}`, true);
  }
}

function say(text, refused) {
  const line = byId("play-answer");
  line.hidden = false;
  setAttribute(line, "data-refused", refused);
  setText(line, text);
}
