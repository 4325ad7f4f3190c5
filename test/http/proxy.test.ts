import { describe, expect, it } from 'vitest';
import { isLoopbackHost, readProxySettings, selectProxy } from '../../src/http/index.ts';

describe('readProxySettings()', () => {
  it('reads all six spellings, lower case first', () => {
    expect(readProxySettings({ HTTP_PROXY: 'a', HTTPS_PROXY: 'b', NO_PROXY: 'c' })).toEqual({ http: 'a', https: 'b', no: 'c' });
    expect(readProxySettings({ http_proxy: 'd', https_proxy: 'e', no_proxy: 'f', HTTP_PROXY: 'a', HTTPS_PROXY: 'b', NO_PROXY: 'c' })).toEqual({
      http: 'd',
      https: 'e',
      no: 'f',
    });
    expect(readProxySettings({ http_proxy: '' })).toEqual({});
  });

  it('ignores HTTP_PROXY where a request header could set it', () => {
    expect(readProxySettings({ HTTP_PROXY: 'a', REQUEST_METHOD: 'GET' })).toEqual({});
  });
});

describe('selectProxy()', () => {
  const select = (no: string, url: string) => selectProxy({ http: 'plain:3128', https: 'http://secure:3128', no }, new URL(url))?.host;

  it('chooses by scheme and completes an address without one', () => {
    expect(select('', 'http://a.example/')).toBe('plain:3128');
    expect(select('', 'https://a.example/')).toBe('secure:3128');
    expect(selectProxy({ http: 'plain:3128' }, new URL('https://a.example/'))).toBeUndefined();
  });

  it.each([
    ['example.com', 'https://example.com/', false],
    ['example.com', 'https://a.example.com/', false],
    ['example.com', 'https://notexample.com/', true],
    ['.example.com', 'https://example.com/', true],
    ['.example.com', 'https://a.example.com/', false],
    ['*.example.com', 'https://a.example.com/', false],
    ['EXAMPLE.com', 'https://Example.COM/', false],
    ['other, example.com', 'https://example.com/', false],
    ['example.com:443', 'https://example.com/', false],
    ['example.com:8443', 'https://example.com/', true],
    ['*', 'https://example.com/', false],
    ['10.0.0.0/8', 'https://10.1.2.3/', false],
    ['10.0.0.0/8', 'https://11.1.2.3/', true],
    ['10.1.2.3', 'https://10.1.2.3:5000/', false],
    ['fd00::/8', 'https://[fd00::1]/', false],
    ['::2', 'https://[::2]/', false],
    ['10.0.0.0/99', 'https://10.1.2.3/', true],
  ])('NO_PROXY %s and %s: proxied %s', (no, url, proxied) => {
    expect(select(no, url) !== undefined).toBe(proxied);
  });

  it.each(['socks5://proxy:1080', 'http://[bad', 'http://user:secret pass@:x'])('refuses %s as a proxy', (http) => {
    expect(() => selectProxy({ http }, new URL('http://a.example/'))).toThrow('Cannot use the proxy in HTTP_PROXY');
  });

  it('never proxies the loopback interface', () => {
    for (const host of ['localhost:5000', '127.0.0.1', '127.8.8.8', '[::1]:80', 'x.localhost']) expect(select('', `http://${host}/`)).toBeUndefined();
  });
});

describe('isLoopbackHost()', () => {
  it('is not fooled by names that look like addresses', () => {
    expect(isLoopbackHost('127.0.0.1.example.com')).toBe(false);
    expect(isLoopbackHost('localhost.example.com')).toBe(false);
  });
});
