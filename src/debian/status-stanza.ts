/**
 * A package's `control` file as dpkg's status file would have it. In a file of its own below `var/lib/dpkg/status.d`, as
 * distroless images keep them, scanners find the package without a database that all layers would share.
 */
export function statusStanza(control: string): string {
  return `${control.trimEnd().replace(/\n(?=[^ \t])/, '\nStatus: install ok installed\n')}\n`;
}
