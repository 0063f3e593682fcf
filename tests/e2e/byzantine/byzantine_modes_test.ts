/** Every faulty behaviour as a real process among three honest ones, over ZeroMQ: it shows itself, and breaks nothing (§12). */
import { assertEquals } from "@std/assert";
import type { ByzantineMode } from "../../../replica/byzantine/mod.ts";
import { BYZANTINE_MODES } from "../../../replica/byzantine/mod.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import {
  allRefuse,
  allShow,
  type ByzantineRun,
  depose,
  deposeAfter,
  enoughAccuse,
  leadUntil,
  makeLead,
  reasonsAgainst,
  runByzantine,
  termsLed,
} from "./byzantine_run.ts";

/** The faulty replica; its turn comes first in the first term (§6.10), so it leads first or wastes that term. */
const FAULTY = "r2";
/** Terms that a few elections may take; terms without end would be far above. */
const FEW_TERMS = 40;

const SHOWN: { readonly [M in ByzantineMode]: (run: ByzantineRun) => Promise<unknown> } = {
  /** Its own signatures ack both of its chains; no one is shown both of its headers. */
  equivocate: (run) => leadUntil(run, FAULTY, enoughAccuse(run, FAULTY, "double-ack")),

  async withhold(run) {
    const term = await makeLead(run, FAULTY);
    await allShow(run, "a leader that serves", (status) => status.term > term && status.leader !== FAULTY);
  },

  async usurp(run) {
    const term = await makeLead(run, FAULTY);
    await deposeAfter(run, FAULTY, term);
    await allRefuse(
      run,
      "not-the-leader:AppendEntries",
      "stale-term:AppendEntries",
      "no-proof",
      "signature:AppendEntries",
    );
  },

  async elections(run) {
    await depose(run, (leader) => leader !== FAULTY);
    await allRefuse(run, "no-pre-vote-certificate:RequestVote", "base-without-certificate:RequestVote");
    await allShow(run, "few terms", ({ term }) => term < FEW_TERMS);
  },

  "opposite-votes": (run) => enoughAccuse(run, FAULTY, "double-vote"),

  async "forge-client"(run) {
    await leadUntil(run, FAULTY, enoughAccuse(run, FAULTY, "bad-entry"));
    await eventually(
      "an honest replica that leads refuses forged requests",
      async () =>
        (await run.observer.statuses(run.honest)).some(({ refused }) =>
          (refused["signature:ForwardedRequest"] ?? 0) > 0
        ),
    );
    await eventually("its answers are noticed", () => (run.client.report.disagreements[FAULTY] ?? 0) > 0);
  },

  "corrupt-acks": (run) => enoughAccuse(run, FAULTY, "double-ack"),

  async silent(run) {
    // It need not commit: it cannot ask for what it missed. But it goes on receiving and checking what the others say.
    const checked = async () => (await run.observer.status(FAULTY))?.crypto.verified ?? 0;
    const before = await checked();
    await eventually("it takes in what it hears", async () => await checked() > before, 60_000);
    assertEquals(termsLed(run, FAULTY), []);
    await allShow(run, "no evidence", ({ evidence }) => evidence.length === 0);
  },

  /**
   * Nothing but its pace speaks against it, once it has been given the office without an election that clients had to wait for: timers, patience and
   * interventions leave it there.
   */
  slow: (run) =>
    leadUntil(
      run,
      FAULTY,
      eventually(
        "f + 1 honest logs say that it was too slow",
        () => run.honest.filter((id) => reasonsAgainst(run, id, FAULTY).includes("pace")).length > 1,
        60_000,
      ),
    ),
};

for (const mode of BYZANTINE_MODES) {
  Deno.test(`${mode}: one of four processes; the others serve, agree, and accuse nobody else`, () =>
    runByzantine({ replicas: 4, faulty: { [FAULTY]: mode }, shown: SHOWN[mode] }));
}
