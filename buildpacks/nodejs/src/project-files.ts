import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestFiles, digestOf, listFiles, type LayerInput } from '../../../src/sdk/index.ts';
import type { Manifest } from './manifest.ts';
import type { PackageManager } from './package-managers/package-manager.ts';
import type { Project } from './project.ts';
import type { Member } from './workspaces.ts';

/** Puts what an installation reads into a folder, manifests without what only people and other tools read: nothing else of the application can change what is installed. */
export function placeProject(project: Project, manager: PackageManager, directory: string): void {
  const place = (path: string, content: string) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  };
  place('package.json', JSON.stringify(project.root.installParts));
  for (const { path, manifest } of membersShown(project, manager)) place(`${path}/package.json`, JSON.stringify(memberParts(manifest)));
  if (project.lockfile !== undefined) place(project.lockfile.file, project.lockfile.text);
  for (const path of settingsOf(project, manager)) cpSync(join(project.directory, path), join(directory, path), { recursive: true });
}

function membersShown({ workspace }: Project, manager: PackageManager): readonly Member[] {
  if (workspace === undefined) return [];
  return workspace.app === undefined || manager.selectsMembers ? workspace.members : workspace.needed;
}

/** Members ask for each other by version. */
function memberParts({ installParts, version }: Manifest): Readonly<Record<string, unknown>> {
  return { ...installParts, version };
}

/** Takes away again what {@link placeProject} put there: settings may hold credentials, and none of the files belongs into an image. */
export function removeProject(project: Project, manager: PackageManager, directory: string): void {
  const files = ['package.json', 'package-lock.json', 'yarn.lock', 'pnpm-lock.yaml', '.yarn', ...manager.settings];
  for (const path of [...files, ...(project.lockfile === undefined ? [] : [project.lockfile.file])])
    rmSync(join(directory, path), { recursive: true, force: true });
  for (const { path } of project.workspace?.members ?? []) rmSync(join(directory, path, 'package.json'), { force: true });
}

/** What an installation depends on besides the package manager itself. */
export function projectInputs(project: Project, manager: PackageManager): readonly LayerInput[] {
  const members = (project.workspace?.members ?? []).map(({ path, manifest }) => [path, memberParts(manifest)]);
  return [
    { name: project.lockfile?.file ?? 'the lockfile', value: project.lockfile?.digest ?? 'none' },
    // The lockfile repeats the ranges, but overrides, engines and the like are in package.json alone.
    { name: 'package.json', value: project.root.installDigest },
    ...(project.workspace === undefined ? [] : [{ name: 'the members of the workspace', value: digestOf(JSON.stringify([project.part, members])) }]),
    ...manager.settings.map((path) => ({ name: path, value: digestOfPath(join(project.directory, path)) })),
  ];
}

function settingsOf(project: Project, manager: PackageManager): readonly string[] {
  return manager.settings.filter((path) => existsSync(join(project.directory, path)));
}

function digestOfPath(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 'none';
  return stat.isDirectory() ? digestFiles(path, listFiles(path)) : digestOf(readFileSync(path));
}
