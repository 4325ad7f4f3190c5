/** Header fields; names in any case. */
export interface HttpHeaders {
  get(name: string): string | undefined;
  /** The values of a field that was sent several times. */
  getAll(name: string): readonly string[];
}
