/** An application laid out to be started: files in a folder, and how. Kept between builds, so it is plain data. */
export interface Runnable {
  /** For the log: `a Spring Boot jar`. */
  readonly title: string;
  /** Program and arguments; paths are relative to the application. */
  readonly command: readonly string[];
  /** Globs of what becomes a layer of its own, what changes least first. What is left is the last layer. */
  readonly slices: readonly (readonly string[])[];
  /** Whether a servlet container has to run it, and of which kind. */
  readonly servlet?: 'javax' | 'jakarta' | undefined;
  /** Classes that are in it, for the memory that they will need. */
  readonly classCount: number;
  /** Where jars of other authors lie. */
  readonly libraries: readonly string[];
}
