import type { AccessKeyView, AuditView, Page } from '#presentation';
import type { Server } from '../server/find-server.js';
import { refusalIn, request, type RepeatableRequest } from '../server/request.js';
import type { AccessDesk, KeyToldOnce, KeyWish, RotationWish } from './access-desk.js';

const KEYS = '/v1/admin/keys';
const pageSize = 1_000;

/** The keys of a running server. */
export class ServerAccess implements AccessDesk {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  keys(): Promise<readonly AccessKeyView[]> {
    return this.#list(KEYS, Infinity);
  }

  create(wish: KeyWish): Promise<KeyToldOnce> {
    return this.#send('POST', KEYS, wish);
  }

  rotate(keyId: string, wish: RotationWish): Promise<KeyToldOnce & { readonly old: AccessKeyView }> {
    return this.#send('POST', `${KEYS}/${keyId}/rotate`, wish);
  }

  revoke(keyId: string): Promise<AccessKeyView> {
    return this.#send('DELETE', `${KEYS}/${keyId}`);
  }

  audit(limit: number): Promise<readonly AuditView[]> {
    return this.#list('/v1/admin/audit', limit);
  }

  async #list<Item>(path: string, limit: number): Promise<readonly Item[]> {
    const items: Item[] = [];
    for (let cursor: string | null = ''; cursor !== null && items.length < limit;) {
      const behind: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const size = Math.min(pageSize, limit - items.length);
      const page: Page<Item> = await this.#send('GET', `${path}?limit=${size}${behind}`);
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  }

  async #send<Body>(method: RepeatableRequest['method'], path: string, body?: object): Promise<Body> {
    const { url, headers } = this.#server;
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const reply = await request({ method, url: url + path, headers, ...sent });
    if (reply.status >= 300) throw refusalIn(reply);
    return reply.body as Body;
  }
}
