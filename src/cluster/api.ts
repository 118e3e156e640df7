/** The Kubernetes edge as the rest of the product sees it: one server, one identity, plain JSON. */

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Built by `requestPath`, never by hand. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Of the body; `application/json` unless told. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** For one attempt, until the answer is read; 30 s unless told. */
  readonly timeoutMs?: number;
  /** Send again after 429, 5xx or a lost connection? GETs are always, writes only where it says so. */
  readonly resendable?: boolean;
}

/** Any answer of the server, also 4xx and 5xx. */
export interface ApiResponse {
  readonly status: number;
  readonly body: unknown;
  /** Texts of the answer's `Warning` headers. */
  readonly warnings: readonly string[];
  /** An earlier send of the request had no clear answer: it may have been carried out then, whatever this one says. */
  readonly mayBeDone?: true;
}

export interface ApiServer {
  /** Resolves with whatever the server answered; rejects with `NoAnswer` when it is unknown what became of the request. */
  send(request: ApiRequest): Promise<ApiResponse>;
  /** The body as it arrives, for watches and logs. A status other than 2xx rejects with `ApiError`; a cut ends the iteration with `NoAnswer`. */
  stream(request: ApiRequest): Promise<AsyncIterable<Uint8Array>>;
  /** Ends idle connections; the server is not usable afterwards. */
  close(): void;
  /** `https://host:port`, for messages. */
  readonly url: string;
}

/** How to reach a server and as whom; read anew for each request, since tokens and certificates are renewed. */
export interface ClusterAccess {
  readonly url: string;
  readonly certificateAuthority?: string;
  readonly tlsServerName?: string;
  readonly insecureSkipTlsVerify?: boolean;
  readonly proxyUrl?: string;
  /** The namespace of the context, if it names one. */
  readonly namespace?: string;
  /** For people: `context prod of KUBECONFIG`. */
  readonly origin: string;
  /** Rejects with the signal's reason where that comes before they are there. */
  credentials(signal?: AbortSignal): Promise<Credentials>;
  /** The server said 401: what was given is no longer good. */
  forget?(): void;
  /** Hears of each credential before its first use: also of those that are issued with this access. */
  readonly mask?: (secret: string) => void;
}

export interface Credentials {
  /** `Bearer …` or `Basic …`. */
  readonly authorization?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly impersonate?: { readonly user: string; readonly groups: readonly string[] };
}
