/** The server's limits. docs/security.md explains each limit. */
export const limits = {
  /**
   * Calls that use a local or remote model. Customers take turns, and each server has its own queues. A call
   * that doesn't fit into the queue, or that waits longer than `maxWaitMs`, returns 503 and costs nothing. A
   * turn lasts until all pictures of a generation are done or until a text ends. A text that takes longer
   * than `maxMs` is interrupted.
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
   * Downloads of pictures. Users take turns. If the queue is full, a download returns 503. After `maxMs`, the
   * server ends the download.
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
   * queue, or that waits longer than `maxWaitMs`, returns 503. `running` is lower than 4, the default number of
   * threads in Node's pool.
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
  /** The maximum number of bytes that are read from a model endpoint's error response. */
  modelErrorBytes: 64 * 1024,
  /**
   * Calls per user. Every call in a batch counts. The limit allows normal use, including bursts of 40 calls.
   * Each server counts separately.
   */
  calls: { calls: 120, windowMs: 10_000 },
  /**
   * Sign-ups and sign-ins per address. The limits are high enough for an office that shares one address, and
   * low enough to prevent password guessing.
   */
  signUpsPerAddress: { calls: 30, windowMs: 60_000 },
  signInsPerAddress: { calls: 30, windowMs: 60_000 },
  /**
   * New accounts per network (an IPv4 /24 or an IPv6 /64). Each account receives free credits. Refused
   * sign-ups don't count. Each server counts separately. Development has no limit on new accounts.
   */
  newAccountsPerNetwork: {
    perHour: { calls: 10, windowMs: 3_600_000 },
    perDay: { calls: 30, windowMs: 86_400_000 },
  },
  /** Requests per IP address for emails that verify an address or reset a password. */
  mailRequestsPerAddress: { calls: 20, windowMs: 60_000 },
  /** Requests from one network for emails to one recipient. */
  mailsPerRecipient: { calls: 5, windowMs: 3_600_000 },
  /**
   * Alerts that the server emails to one customer in 24 hours. Further alerts appear only in the app. This number
   * must not exceed 99.
   */
  mailedAlertsPerDay: 20,
  /**
   * The maximum number of emails that wait for the mail server. Further emails are dropped, except alerts, which
   * are sent later.
   */
  waitingMails: 500,
  /**
   * Wrong passwords for one account from one caller. A caller is an address, or a browser in which the account's
   * owner has signed in before.
   */
  wrongPasswordsPerCaller: { calls: 10, windowMs: 900_000 },
  /**
   * Wrong passwords for one account from all new callers combined. A caller is new if the owner has never signed
   * in with the browser, and the account has no session from the address.
   */
  wrongPasswordsPerAccount: { calls: 20, windowMs: 900_000 },
  /** Requests per address to the other routes of `/api/auth`. Reading a session isn't limited. */
  authRequestsPerAddress: { calls: 300, windowMs: 60_000 },
  /**
   * How long the server accepts a signed cookie without reading the session from the database. A cookie can
   * therefore outlive its session by this time.
   */
  sessionCacheMs: 10_000,
  /** How often the session of an open stream is read from the database. */
  sessionCheckMs: 10_000,
  /** Calls and requests without a session (such as reading the plans), per address. */
  anonymousCallsPerAddress: { calls: 600, windowMs: 60_000 },
  /** Rejected webhooks per address, such as webhooks with a wrong signature. */
  rejectedWebhooksPerAddress: { calls: 300, windowMs: 60_000 },
  /**
   * The number of days that customers keep a plan after the payment for its renewal fails. After this
   * grace period, customers have only the free plan's credits.
   */
  pastDueGraceDays: 7,
  /**
   * How long a stopping server lets clients receive the rest of their response before it closes their
   * connections.
   */
  lastBytesMs: 1_000,
  /**
   * The maximum number of calls in a batch. Even within the rate limit, a longer batch could keep the server
   * busy.
   */
  batchCalls: 50,
  /** The longest request URL, in bytes. */
  urlBytes: 8 * 1024,
  /** The maximum combined size of a request's URL and headers, in bytes. */
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
  /** The maximum length of the `User-Agent` header in a stored session, in characters. */
  userAgentLength: 256,
  /**
   * How long a client can take to send a request, and how long it can pause while it reads the response. These
   * times don't limit work or streams.
   */
  slowClients: { headersMs: 30_000, requestMs: 60_000, checkMs: 10_000, idleMs: 72_000, unreadMs: 60_000 },
  /**
   * How many keys (users, networks, accounts) each limit counts. When there are more keys, the server
   * forgets the older half.
   */
  countedKeys: 100_000,
} as const
