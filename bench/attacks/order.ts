/** A body that is made where it is sent from, since it may be large. */
export type Body =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  /** So many bytes of one character. */
  | { readonly kind: 'repeated'; readonly character: string; readonly bytes: number }
  /** The same and a line break, packed. */
  | { readonly kind: 'packed'; readonly character: string; readonly bytes: number };

/** A request that is sent again and again. In the path, `{n}` is the number of the request. */
export interface Shot {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** What an attacker does: each connection sends its shot over and over, or once and then reads what comes. */
export interface Order {
  readonly url: string;
  readonly connections: readonly Shot[];
  readonly isHeld?: boolean;
  /** It ends at whichever comes first; in no time the bodies are made and nothing is sent. */
  readonly ms: number;
  readonly requestsMax: number;
}
