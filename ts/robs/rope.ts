/**
 * A sequence in chunks: a tree whose leaves hold up to {@link LEAF} items and whose branches know how many are below
 * them. Every operation at one place costs O(log n); a snapshot costs O(1), and the first changes after it copy the
 * nodes on their way.
 */

/** Marks the nodes that one rope may change in place. */
type Owner = object;

interface Leaf<T> {
  readonly owner: Owner;
  size: number;
  readonly items: T[];
}

interface Branch<T> {
  readonly owner: Owner;
  size: number;
  readonly children: Node<T>[];
}

type Node<T> = Leaf<T> | Branch<T>;

/** Items in a leaf: as much as is moved in about the time that the way down to it takes. */
const LEAF = 64;
/** Children of a branch. */
const BRANCH = 32;

/** A sequence with cheap changes anywhere. Indices are those of the caller to check. */
export class Rope<T> implements Iterable<T> {
  #owner: Owner = {};
  #root: Node<T>;
  /** What was split off the node that was changed last. */
  #right: Node<T> | undefined;
  /** What was removed last. */
  #removed: T | undefined;

  /** With these items. */
  constructor(items: readonly T[] = []) {
    this.#root = this.#build(items);
  }

  /** How many items there are. */
  get length(): number {
    return this.#root.size;
  }

  /** The item at `index`, undefined when there is none. */
  at(index: number): T | undefined {
    let node = this.#root;
    let at = index;
    while ("children" in node) {
      const [place, rest] = placeOf(node, at);
      node = node.children[place] as Node<T>;
      at = rest;
    }
    return node.items[at];
  }

  /** Puts an item in the place of the one at `index`. */
  set(index: number, item: T): void {
    this.#root = this.#own(this.#root);
    let node = this.#root;
    let at = index;
    while ("children" in node) {
      const [place, rest] = placeOf(node, at);
      const child: Node<T> = this.#own(node.children[place] as Node<T>);
      node.children[place] = child;
      node = child;
      at = rest;
    }
    node.items[at] = item;
  }

  /** Puts an item before the one at `index`, or at the end. */
  insert(index: number, item: T): void {
    const left = this.#insert(this.#root, index, item);
    const right = this.#right;
    this.#root = right === undefined ? left : this.#branch([left, right]);
  }

  /** Takes the item at `index` out. */
  remove(index: number): T {
    let root = this.#remove(this.#root, index);
    while ("children" in root && root.children.length === 1) root = root.children[0] as Node<T>;
    this.#root = root;
    const removed = this.#removed as T;
    this.#removed = undefined;
    return removed;
  }

  /** Takes out all items from `length` on. */
  truncate(length: number): void {
    if (length * 2 < this.length) this.replace(this.slice(0, length));
    else while (this.length > length) this.remove(this.length - 1);
  }

  /** Puts these items in place of all. */
  replace(items: readonly T[]): void {
    this.#root = this.#build(items);
  }

  /** The items from `from` up to but without `to`. */
  slice(from: number, to: number): T[] {
    const items: T[] = [];
    collect(this.#root, from, to, items);
    return items;
  }

  /** The same items; changes of either are not seen by the other. */
  snapshot(): Rope<T> {
    const copy = new Rope<T>();
    copy.#root = this.#root;
    this.#owner = {};
    return copy;
  }

  /** Iterates the items as they are now, whatever changes meanwhile. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    yield* leavesOf(this.snapshot().#root);
  }

  #own(node: Node<T>): Node<T> {
    if (node.owner === this.#owner) return node;
    if ("items" in node) return { owner: this.#owner, size: node.size, items: node.items.slice() };
    return { owner: this.#owner, size: node.size, children: node.children.slice() };
  }

  #leaf(items: T[]): Leaf<T> {
    return { owner: this.#owner, size: items.length, items };
  }

  #branch(children: Node<T>[]): Branch<T> {
    return { owner: this.#owner, size: children.reduce((sum, { size }) => sum + size, 0), children };
  }

  #build(items: readonly T[]): Node<T> {
    let nodes: Node<T>[] = [];
    for (let at = 0; at < items.length; at += LEAF) nodes.push(this.#leaf(items.slice(at, at + LEAF)));
    while (nodes.length > 1) {
      const above: Node<T>[] = [];
      for (let at = 0; at < nodes.length; at += BRANCH) above.push(this.#branch(nodes.slice(at, at + BRANCH)));
      nodes = above;
    }
    return nodes[0] ?? this.#leaf([]);
  }

  /** The node with the item in it; what does not fit stands in `#right`. */
  #insert(given: Node<T>, index: number, item: T): Node<T> {
    const node = this.#own(given);
    node.size += 1;
    this.#right = undefined;
    if ("items" in node) {
      if (index === node.items.length) node.items.push(item);
      else node.items.splice(index, 0, item);
      if (node.items.length > LEAF) {
        const right = this.#leaf(node.items.splice(cutAt(node.items.length, index)));
        node.size -= right.size;
        this.#right = right;
      }
      return node;
    }
    const [place, rest] = placeOf(node, index);
    node.children[place] = this.#insert(node.children[place] as Node<T>, rest, item);
    const split: Node<T> | undefined = this.#right;
    this.#right = undefined;
    if (split === undefined) return node;
    node.children.splice(place + 1, 0, split);
    if (node.children.length > BRANCH) {
      const right = this.#branch(node.children.splice(cutAt(node.children.length, place + 1)));
      node.size -= right.size;
      this.#right = right;
    }
    return node;
  }

  /** The node without the item, which stands in `#removed`. */
  #remove(given: Node<T>, index: number): Node<T> {
    const node = this.#own(given);
    node.size -= 1;
    if ("items" in node) {
      this.#removed = index === node.items.length - 1 ? node.items.pop() : node.items.splice(index, 1)[0];
      return node;
    }
    const [place, rest] = placeOf(node, index);
    const child = this.#remove(node.children[place] as Node<T>, rest);
    node.children[place] = child;
    if (child.size === 0) node.children.splice(place, 1);
    else if (isSparse(child)) this.#merge(node, place > 0 ? place - 1 : place);
    return node;
  }

  /** Makes one of the children at `place` and behind it, when that is not too large. */
  #merge(node: Branch<T>, place: number): void {
    const left = node.children[place];
    const right = node.children[place + 1];
    if (left === undefined || right === undefined) return;
    if ("items" in left && "items" in right && left.size + right.size <= LEAF) {
      node.children.splice(place, 2, this.#leaf([...left.items, ...right.items]));
    } else if ("children" in left && "children" in right && left.children.length + right.children.length <= BRANCH) {
      node.children.splice(place, 2, this.#branch([...left.children, ...right.children]));
    }
  }
}

/** The child with the place `index`, and the place within it; the end belongs to the last child. */
function placeOf<T>({ children }: Branch<T>, index: number): [place: number, rest: number] {
  let rest = index;
  let place = 0;
  for (; place < children.length - 1; place += 1) {
    const { size } = children[place] as Node<T>;
    if (rest < size) break;
    rest -= size;
  }
  return [place, rest];
}

/** Where a node of `length` parts is split: in the middle, but at the end where parts come at the ends. */
function cutAt(length: number, index: number): number {
  if (index === length - 1) return length - 1;
  return index === 0 ? 1 : length >> 1;
}

function isSparse<T>(node: Node<T>): boolean {
  return "items" in node ? node.size < LEAF / 4 : node.children.length < BRANCH / 4;
}

function* leavesOf<T>(node: Node<T>): Generator<T, void, undefined> {
  if ("items" in node) yield* node.items;
  else for (const child of node.children) yield* leavesOf(child);
}

function collect<T>(node: Node<T>, from: number, to: number, items: T[]): void {
  if (from >= to || from >= node.size || to <= 0) return;
  if ("items" in node) {
    for (let at = Math.max(0, from); at < Math.min(to, node.size); at += 1) items.push(node.items[at] as T);
    return;
  }
  let start = 0;
  for (const child of node.children) {
    collect(child, from - start, to - start, items);
    start += child.size;
  }
}
