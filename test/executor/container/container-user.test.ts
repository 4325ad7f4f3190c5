import { describe, expect, it } from 'vitest';
import { containerUser } from '../../../src/executor/container/container-user.ts';

const wanted = { uid: 1001, gid: 1000 };
const root = { uid: 0, gid: 0 };
const somebody = { uid: 1500, gid: 1500 };
const rootful = { rootless: false, remapsUsers: false, selinux: false };
const rootless = { ...rootful, rootless: true };

describe('containerUser()', () => {
  it('is the caller where the daemon is root, so that files belong to him', () => {
    expect(containerUser({ daemon: 'docker', security: rootful, caller: somebody, wanted })).toEqual({ ids: somebody, needsOwnership: false });
    expect(containerUser({ daemon: 'podman', security: rootful, caller: somebody, wanted })).toEqual({ ids: somebody, needsOwnership: false });
  });

  it('is never root: for root it is the user of the build image, who must be given the folders', () => {
    expect(containerUser({ daemon: 'docker', security: rootful, caller: root, wanted })).toEqual({ ids: wanted, needsOwnership: true });
  });

  it('keeps its number where the daemon remaps users', () => {
    expect(containerUser({ daemon: 'docker', security: { ...rootful, remapsUsers: true }, caller: somebody, wanted })).toMatchObject({
      ids: somebody,
      userNamespace: 'host',
    });
  });

  it('is mapped to the caller by rootless Podman', () => {
    expect(containerUser({ daemon: 'podman', security: rootless, caller: somebody, wanted })).toEqual({
      ids: wanted,
      userNamespace: 'keep-id:uid=1001,gid=1000',
      needsOwnership: false,
    });
  });

  it('is root in rootless Docker, which is the caller outside', () => {
    expect(containerUser({ daemon: 'docker', security: rootless, caller: somebody, wanted })).toEqual({ ids: root, needsOwnership: false });
  });
});
