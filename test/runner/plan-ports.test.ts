import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { planPorts } from '../../src/runner/plan-ports.ts';
import { listening, unusedPort } from '../support/ports.ts';

const port = (hostPort: number, containerPort: number) => ({ hostAddress: '127.0.0.1', hostPort, containerPort });

describe('planPorts()', () => {
  it('lets the application listen itself when both ports are equal', async () => {
    const free = await unusedPort();
    await using plan = await planPorts([port(free, free)], false);
    expect(plan.ports).toEqual([{ ...port(free, free), applicationPort: free, forwarded: false }]);
  });

  it('refuses equal ports that are taken', async () => {
    const server = createServer();
    const taken = await listening(server);
    await expect(planPorts([port(taken, taken)], false)).rejects.toMatchObject({ code: 'RUN_PORT_UNAVAILABLE' });
    server.close();
  });

  it('gives the container port when free, another when taken', async () => {
    const server = createServer();
    const taken = await listening(server);
    {
      await using plan = await planPorts([port(1234, taken)], false);
      expect(plan.ports[0]?.forwarded).toBe(true);
      expect(plan.ports[0]?.applicationPort).not.toBe(taken);
    }
    await expect(planPorts([port(1234, taken)], true)).rejects.toMatchObject({ code: 'RUN_PORT_UNAVAILABLE' });
    server.close();
    await once(server, 'close');
    await using plan = await planPorts([port(1234, taken)], false);
    expect(plan.ports[0]?.applicationPort).toBe(taken);
  });

  it('leaves alone what another run has planned, although nothing listens there yet', async () => {
    const free = await unusedPort();
    {
      await using first = await planPorts([port(1234, free)], false);
      await using second = await planPorts([port(1235, free)], false);
      expect(first.ports[0]?.applicationPort).toBe(free);
      expect(second.ports[0]?.applicationPort).not.toBe(free);
      await expect(planPorts([port(free, free)], false)).rejects.toMatchObject({ code: 'RUN_PORT_UNAVAILABLE' });
    }
    await using later = await planPorts([port(free, free)], false);
    expect(later.ports[0]?.applicationPort).toBe(free);
  });

  it('offers one port of the application at several addresses', async () => {
    const [free, one, two, three] = [await unusedPort(), await unusedPort(), await unusedPort(), await unusedPort()];
    await using plan = await planPorts([port(one, free), port(two, free)], false);
    expect(plan.ports.map(({ applicationPort }) => applicationPort)).toEqual([free, free]);
    await using both = await planPorts([port(await unusedPort(), three), port(three, three)], false);
    expect(both.ports.map(({ forwarded }) => forwarded)).toEqual([true, false]);
    await expect(planPorts([port(two, one)], false)).rejects.toMatchObject({ code: 'RUN_PORT_UNAVAILABLE' });
  });

  it('gives back what it had taken when a later port fails', async () => {
    const [free, server] = [await unusedPort(), createServer()];
    const taken = await listening(server);
    await expect(planPorts([port(free, free), port(taken, taken)], false)).rejects.toMatchObject({ code: 'RUN_PORT_UNAVAILABLE' });
    await using plan = await planPorts([port(free, free)], false);
    expect(plan.ports).toHaveLength(1);
    server.close();
  });
});
