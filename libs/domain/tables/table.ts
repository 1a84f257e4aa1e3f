/** What a view, a hash or a snapshot needs of a table: rows by id, and ids by code point. */
export interface ReadableTable<Row> {
  readonly size: number;
  get(id: string): Row | undefined;
  /** Ids in order of code point. */
  sortedIds(): readonly string[];
}

/** What rows of one kind take in memory, the key included. */
export interface Sizing<Row> {
  readonly bytesOf: (id: string, row: Row) => number;
  /** Whether a row that replaces another takes as much as that one, so that it need not be looked at. */
  readonly isFixed: boolean;
}

/** Stands in an overlay for a row that the table below still has. */
const REMOVED = Symbol('removed');

/** Shared by all tables without ids of their own; never changed. */
const NO_IDS: string[] = [];

/**
 * Rows by id. Rows are immutable and replaced whole.
 *
 * A table is the live one or an *overlay* over it: an overlay holds only what changed and reads through, so that a group
 * of commands can be decided and evolved without touching committed state, then absorbed or simply dropped. A *pin* is the
 * live table as it was: each later change first saves the row that it replaces, so a pin costs what changes while it is
 * held and never stops a writer.
 */
export class Table<Row> implements ReadableTable<Row> {
  /** Made with the first change: most overlays of most commands touch few tables, and there is one for each command. */
  #rows: Map<string, Row | typeof REMOVED> | null = null;
  #pins: Set<PinnedTable<Row>> | null = null;
  /** What rows take that nothing but pins holds any more. */
  #pinnedBytes = 0;
  readonly #below: Table<Row> | undefined;
  readonly #sizing: Sizing<Row> | undefined;
  #size: number;
  #bytes: number;
  /** Of an overlay's own rows, where they do not all take as much as what they replace. */
  #ownBytes = 0;
  /** Every id of a live table; sorted up to the last call of `sortedIds`, new ones behind. */
  #order: string[] = NO_IDS;
  #orderIsSorted = true;
  #orderHasGaps = false;

  constructor(below?: Table<Row>, sizing = below?.sizing) {
    this.#below = below;
    this.#sizing = sizing;
    this.#size = below?.size ?? 0;
    this.#bytes = below?.bytes ?? 0;
  }

  get sizing(): Sizing<Row> | undefined {
    return this.#sizing;
  }

  /** What its rows take in memory; of an overlay, what they will once it is absorbed. 0 of a table without a sizing. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What the rows of an overlay take besides those below it, about. */
  get ownBytes(): number {
    if (this.#rows === null) return 0;
    if (this.#sizing?.isFixed === false) return this.#ownBytes;
    return Math.ceil((this.#rows.size * this.#bytes) / Math.max(1, this.#size));
  }

  /** What rows take that only pins hold: one that several hold counts for each. */
  get pinnedBytes(): number {
    return this.#pinnedBytes;
  }

  get size(): number {
    return this.#size;
  }

  get(id: string): Row | undefined {
    const own = this.#rows?.get(id);
    if (own === REMOVED) return undefined;
    return own ?? this.#below?.get(id);
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  set(id: string, row: Row): void {
    const before = this.get(id);
    if (before === undefined) this.#added(id, row);
    else if (this.#sizing?.isFixed === false) {
      this.#bytes += this.#sizing.bytesOf(id, row) - this.#sizing.bytesOf(id, before);
    }
    if (this.#sizing?.isFixed === false) this.#ownBytes += this.#sizing.bytesOf(id, row) - this.#ownBytesOf(id);
    if (this.#pins !== null) this.#saveForPins(id, before);
    this.#rows ??= new Map();
    this.#rows.set(id, row);
  }

  remove(id: string): void {
    const before = this.get(id);
    if (before === undefined) return;
    this.#size -= 1;
    this.#bytes -= this.#sizing?.bytesOf(id, before) ?? 0;
    if (this.#sizing?.isFixed === false) this.#ownBytes -= this.#ownBytesOf(id);
    if (this.#pins !== null) this.#saveForPins(id, before);
    this.#rows ??= new Map();
    if (this.#below === undefined) {
      this.#rows.delete(id);
      this.#orderHasGaps = true;
    } else {
      this.#rows.set(id, REMOVED);
    }
  }

  /** TimSort makes this linear where most ids were sorted before, as after a snapshot or an earlier call. */
  sortedIds(): readonly string[] {
    if (this.#below !== undefined) return this.#sortedThroughLayers();
    if (this.#orderHasGaps) {
      this.#order = [...new Set(this.#order)].filter((id) => this.has(id));
      this.#orderHasGaps = false;
    }
    if (!this.#orderIsSorted) {
      this.#order.sort();
      this.#orderIsSorted = true;
    }
    return this.#order;
  }

  overlay(): Table<Row> {
    return new Table(this);
  }

  /** Ids of the rows that an overlay sets or removes, in order of code point; of a live table, of all its rows. */
  changedIds(): readonly string[] {
    return [...(this.#rows?.keys() ?? [])].sort();
  }

  /** Takes an overlay's changes over. */
  absorb(overlay: Table<Row>): void {
    if (overlay.#rows === null) return;
    for (const [id, row] of overlay.#rows) {
      if (row === REMOVED) this.remove(id);
      else this.set(id, row);
    }
  }

  pin(): PinnedTable<Row> {
    const pinned = new PinnedTable<Row>(this, this.sortedIds().slice(), () => {
      if (this.#pins?.delete(pinned) === true) this.#pinnedBytes -= pinned.bytes;
      if (this.#pins?.size === 0) this.#pins = null;
    });
    this.#pins ??= new Set();
    this.#pins.add(pinned);
    return pinned;
  }

  #added(id: string, row: Row): void {
    this.#size += 1;
    this.#bytes += this.#sizing?.bytesOf(id, row) ?? 0;
    if (this.#below !== undefined) return;
    const last = this.#order.at(-1);
    if (last === undefined) this.#order = [];
    else if (last >= id) this.#orderIsSorted = false;
    this.#order.push(id);
  }

  #ownBytesOf(id: string): number {
    const own = this.#rows?.get(id);
    return own === undefined || own === REMOVED ? 0 : (this.#sizing?.bytesOf(id, own) ?? 0);
  }

  #saveForPins(id: string, before: Row | undefined): void {
    for (const pin of this.#pins ?? []) this.#pinnedBytes += pin.save(id, before);
  }

  #sortedThroughLayers(): readonly string[] {
    const ids = new Set(this.#below?.sortedIds());
    for (const [id, row] of this.#rows ?? []) {
      if (row === REMOVED) ids.delete(id);
      else ids.add(id);
    }
    return [...ids].sort();
  }
}

/** A table as it was when it was pinned. Release it, or every later change keeps paying for it. */
export class PinnedTable<Row> implements ReadableTable<Row> {
  readonly #before = new Map<string, Row | undefined>();
  readonly #live: Table<Row>;
  readonly #ids: readonly string[];
  readonly #onRelease: () => void;
  #bytes = 0;

  constructor(live: Table<Row>, ids: readonly string[], onRelease: () => void) {
    this.#live = live;
    this.#ids = ids;
    this.#onRelease = onRelease;
  }

  get size(): number {
    return this.#ids.length;
  }

  get(id: string): Row | undefined {
    return this.#before.has(id) ? this.#before.get(id) : this.#live.get(id);
  }

  sortedIds(): readonly string[] {
    return this.#ids;
  }

  /** What the rows take that it saved. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What that takes more. */
  save(id: string, before: Row | undefined): number {
    if (this.#before.has(id)) return 0;
    this.#before.set(id, before);
    const bytes = before === undefined ? 0 : (this.#live.sizing?.bytesOf(id, before) ?? 0);
    this.#bytes += bytes;
    return bytes;
  }

  release(): void {
    this.#onRelease();
  }
}

/** Members by key (the holders of a market, the markets of an agent), layered like a table. Derived, never hashed. */
export class Index {
  #changes: Map<string, Map<string, boolean>> | null = null;
  readonly #below: Index | undefined;

  constructor(below?: Index) {
    this.#below = below;
  }

  add(key: string, member: string): void {
    this.#of(key).set(member, true);
  }

  remove(key: string, member: string): void {
    const members = this.#of(key);
    if (this.#below !== undefined) {
      members.set(member, false);
      return;
    }
    members.delete(member);
    if (members.size === 0) this.#changes?.delete(key);
  }

  /** In order of code point. */
  members(key: string): readonly string[] {
    return [...this.#collect(key)].sort();
  }

  overlay(): Index {
    return new Index(this);
  }

  absorb(overlay: Index): void {
    for (const [key, members] of overlay.#changes ?? []) {
      for (const [member, present] of members) {
        if (present) this.add(key, member);
        else this.remove(key, member);
      }
    }
  }

  #of(key: string): Map<string, boolean> {
    this.#changes ??= new Map();
    let members = this.#changes.get(key);
    if (members === undefined) {
      members = new Map();
      this.#changes.set(key, members);
    }
    return members;
  }

  #collect(key: string): Set<string> {
    const members = this.#below === undefined ? new Set<string>() : this.#below.#collect(key);
    for (const [member, present] of this.#changes?.get(key) ?? []) {
      if (present) members.add(member);
      else members.delete(member);
    }
    return members;
  }
}
