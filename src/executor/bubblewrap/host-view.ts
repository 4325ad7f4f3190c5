/**
 * The files of this machine that an outer sandbox shows to the inner one, under short names: an overlay's options must
 * fit a page.
 */
export class HostView {
  readonly #places = new Map<string, string>();

  /** Where a file or folder is in the outer sandbox: in a folder that is there already, or in a place of its own. */
  place(source: string, place = `${PLACES}/${this.#places.size}`): string {
    for (const [folder, known] of this.#places) {
      if (source === folder) return known;
      if (source.startsWith(`${folder}/`)) return known + source.slice(folder.length);
    }
    this.#places.set(source, place);
    return place;
  }

  /** bubblewrap's options for all of them. */
  get options(): readonly string[] {
    // Folders on the way to a mount point would be the caller's alone.
    return ['--perms', '0755', '--dir', PLACES, ...[...this.#places].flatMap(([source, place]) => ['--bind', source, place])];
  }
}

/** The folder of the places that have no name of their own. */
export const PLACES = '/h';
