/** The server's limits. docs/security.md explains each limit. */
export const limits = {
  /**
   * Calls that use a model, local or remote. Customers take turns, and each server has its own queues. A call
   * that doesn't fit into the queue, or waits longer than `maxWaitMs`, gets 503 and costs nothing. A turn
   * lasts until all pictures of a generation are done, or until a text ends. A text that takes longer than
   * `maxMs` is interrupted.
   */
  modelQueues: {
    pictures: {
      running: 8,
      runningPerCustomer: 4,
      waiting: 400,
      waitingPerCustomer: 100,
      maxWaitMs: 60_000,
      retryAfterMs: 5_000,
    },
    texts: {
      running: 64,
      runningPerCustomer: 8,
      waiting: 400,
      waitingPerCustomer: 100,
      maxWaitMs: 60_000,
      retryAfterMs: 5_000,
      maxMs: 120_000,
    },
  },
  /**
   * Picture files that are being sent. Users take turns. Further downloads get 503. A download that takes
   * longer than `maxMs` is cut off.
   */
  pictureDownloads: {
    running: 32,
    runningPerCustomer: 8,
    waiting: 400,
    waitingPerCustomer: 100,
    maxWaitMs: 30_000,
    retryAfterMs: 5_000,
    maxMs: 120_000,
  },
  /**
   * Requests that hash passwords, such as sign-ins. Networks take turns. A request that doesn't fit into the
   * queue, or waits longer than `maxWaitMs`, gets 503. `running` is less than the number of Node's threads
   * (4).
   */
  passwordTurns: {
    running: 3,
    runningPerCustomer: 2,
    waiting: 400,
    waitingPerCustomer: 100,
    maxWaitMs: 30_000,
    retryAfterMs: 5_000,
  },
  /** How many of each user's newest pictures the server keeps. */
  picturesPerUser: 200,
  /** How many tokens of a text the server sends before it handles other events. */
  tokensAtOnce: 32,
  /** The longest line that a model endpoint's event stream may contain, in characters. */
  modelEventLength: 3 * 1024 * 1024,
  /** The largest picture response that a model endpoint may send, in bytes of JSON. */
  modelPictureBytes: 8 * 1024 * 1024,
  /** How much of a model endpoint's error response is read, in bytes. */
  modelErrorBytes: 64 * 1024,
  /**
   * Each user's calls. Every call in a batch counts. The limit allows normal use, including bursts of 40
   * calls. Each server applies the limit separately.
   */
  calls: { calls: 120, windowMs: 10_000 },
  /**
   * Sign-ups and sign-ins per address. The limits are high enough for an office that shares one address, and
   * low enough to prevent password guessing.
   */
  signUpsPerAddress: { calls: 30, windowMs: 60_000 },
  signInsPerAddress: { calls: 30, windowMs: 60_000 },
  /**
   * New accounts per network: the /24 of an IPv4 address, or the /64 of an IPv6 address. Each account gets
   * free credits. Refused sign-ups don't count. Each server applies the limit separately. Development has no
   * such limit.
   */
  newAccountsPerNetwork: {
    perHour: { calls: 10, windowMs: 3_600_000 },
    perDay: { calls: 30, windowMs: 86_400_000 },
  },
  /** Requests, per IP address, for an email that verifies an address or resets a password. */
  mailRequestsPerAddress: { calls: 20, windowMs: 60_000 },
  /** Requests for an email to one recipient from one network. */
  mailsPerRecipient: { calls: 5, windowMs: 3_600_000 },
  /** The maximum number of emails that wait for the mail server. Further emails are dropped. */
  waitingMails: 500,
  /**
   * Wrong passwords for one account from one caller: an address, or a browser in which the account's owner has
   * signed in before.
   */
  wrongPasswordsPerCaller: { calls: 10, windowMs: 900_000 },
  /** Wrong passwords for one account from all other callers together. */
  wrongPasswordsPerAccount: { calls: 20, windowMs: 900_000 },
  /** Requests per address to the other routes of `/api/auth`. Reading a session isn't limited. */
  authRequestsPerAddress: { calls: 300, windowMs: 60_000 },
  /**
   * How long a signed cookie is accepted without reading the session from the database. After a session has
   * ended, its cookie is accepted for up to this time.
   */
  sessionCacheMs: 10_000,
  /** How often the session of an open stream is read from the database. */
  sessionCheckMs: 10_000,
  /** Calls and requests without a session (such as reading the plans), per address. */
  anonymousCallsPerAddress: { calls: 600, windowMs: 60_000 },
  /** Rejected webhooks per address, for example those with a wrong signature. */
  rejectedWebhooksPerAddress: { calls: 300, windowMs: 60_000 },
  /**
   * The number of days that customers keep a plan whose renewal is unpaid. After that, they get only the free
   * plan's credits.
   */
  pastDueGraceDays: 7,
  /**
   * How long a stopping server waits for readers to receive the rest of their response. Connections that are
   * still open after this time are closed.
   */
  lastBytesMs: 1_000,
  /** The longest batch of calls. Even within the rate limit, a longer batch could keep the server busy. */
  batchCalls: 50,
  /** The longest request URL, in bytes. */
  urlBytes: 8 * 1024,
  /** The size of a request's URL and headers, in bytes. */
  headerBytes: 16 * 1024,
  /** The largest request body, in bytes. A larger body is refused before it is read into memory. */
  bodyBytes: 256 * 1024,
  /** The largest body of a request to `/api/auth`, in bytes. */
  authBodyBytes: 16 * 1024,
  /**
   * The maximum length of values that users choose, in characters. `other` applies to every other field of
   * `/api/auth`.
   */
  fields: { name: 100, email: 254, password: 128, image: 1_000, other: 2_000 },
  /** How much of the `User-Agent` header a session stores, in characters. */
  userAgentLength: 256,
  /** How long a client can take to send a request and to read the response. Work and streams can take longer. */
  slowClients: { headersMs: 30_000, requestMs: 60_000, checkMs: 10_000, idleMs: 72_000, unreadMs: 60_000 },
  /**
   * How many keys (users, networks, accounts) each limit counts. When there are more, the server forgets the
   * older half.
   */
  countedKeys: 100_000,
} as const
