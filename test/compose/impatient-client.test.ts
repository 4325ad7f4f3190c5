import { describe, expect, it } from 'vitest';
import { impatientClient } from '../../src/compose/impatient-client.ts';
import { HttpError } from '../../src/http/index.ts';
import type { HttpRequest } from '../../src/http/index.ts';

function client(error: Error) {
  const asked: HttpRequest[] = [];
  const request = (sent: HttpRequest) => {
    asked.push(sent);
    return Promise.reject(error);
  };
  return { asked, impatient: impatientClient({ request }) };
}

describe('impatientClient()', () => {
  it('asks once and shortly, and a server that did not answer never again', async () => {
    const silence = new HttpError({ code: 'HTTP_UNREACHABLE', message: 'nobody is there', url: 'https://one.example/', transient: true });
    const { asked, impatient } = client(silence);
    for (const url of ['https://one.example/v2/', 'https://one.example/v2/other', 'https://two.example/v2/']) {
      await expect(impatient.request({ url })).rejects.toBe(silence);
    }
    expect(asked).toMatchObject([
      { url: 'https://one.example/v2/', retry: { attempts: 1 }, idleTimeoutMilliseconds: 3000 },
      { url: 'https://two.example/v2/' },
    ]);
  });

  it('asks a server again that did answer', async () => {
    const { asked, impatient } = client(new HttpError({ code: 'HTTP_STATUS', message: 'no', url: 'https://one.example/', transient: false, status: 404 }));
    for (const url of ['https://one.example/a', 'https://one.example/b']) await expect(impatient.request({ url })).rejects.toMatchObject({ status: 404 });
    expect(asked).toHaveLength(2);
  });
});
