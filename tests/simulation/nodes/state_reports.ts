/** Reports of a node's replicated state to observers. */
import type { LogIndex, ReplicaId } from "../../../protocol/ids.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import type { StateView } from "../observer.ts";
import type { NodeWorld } from "./node_world.ts";

/** The node as far as its reports go. */
interface Reporting {
  readonly id: ReplicaId;
  readonly state: CoreState | null;
  readonly view: () => StateView;
}

export class StateReports {
  /** Set when a snapshot has replaced the state since that was last reported. */
  restored = false;
  /** The applied index reported last. */
  told: LogIndex | 0 = 0;
  readonly #node: Reporting;
  readonly #world: NodeWorld;

  constructor(node: Reporting, world: NodeWorld) {
    this.#node = node;
    this.#world = world;
  }

  /** Reports that a snapshot has replaced the state, if one has. */
  tellRestored(): void {
    if (!this.restored) return;
    this.restored = false;
    this.#world.observer.restored?.(this.#node.id, this.#node.view(), this.#world.now());
  }

  /** Reports what was applied before the answers that come of it. */
  tellApplied(): void {
    const { observer } = this.#world;
    const { state, id, view } = this.#node;
    if (state === null || state.appliedIndex === this.told || !observer.applied) return;
    this.told = state.appliedIndex;
    observer.applied(id, view(), this.#world.now());
  }
}
