import { AsyncLocalStorage } from 'node:async_hooks';

// Layers may be made side by side, and what is fetched for one goes through many hands: none of them has to pass its name on.
const layers = new AsyncLocalStorage<string>();

/** Does the work that fills a layer. */
export function fillingLayer<Result>(name: string, work: () => Result): Result {
  return layers.run(name, work);
}

/** The layer that is being filled; undefined outside of layers. */
export function currentLayer(): string | undefined {
  return layers.getStore();
}
