/**
 * Chat through the gateway; straight to Azure OpenAI while the gateway is down; back when it is up again.
 *
 *     node dist/chat.js "What is a private endpoint?"      one question, one answer
 *     node dist/chat.js < questions.txt                    one answer a line
 *     node dist/chat.js                                    a conversation with no memory, until Ctrl-D
 *
 * The variables come from the stack: see examples/README.md, which also says what counts as down.
 */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { parseArgs } from "node:util";

import { DefaultAzureCredential, getBearerTokenProvider } from "@azure/identity";
import OpenAI, {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  AzureOpenAI,
  OpenAIError,
} from "openai";
import { EnvHttpProxyAgent, fetch as undiciFetch } from "undici";

/** Seconds that calls go direct before one of them tries the gateway again. */
const COOL_OFF = 5;
/** Seconds without a byte after which a call is given up; connecting gets 3. */
const TIMEOUT = 60;
const SCOPE = "https://cognitiveservices.azure.com/.default";

/** No way that could be tried has answered. */
class NoAnswerError extends Error {}

/** A stream ended past its first word. Asking again could show another answer, so the caller decides. */
class BrokenStreamError extends Error {}

/** A stream ended without saying why it ended: what sent it died. */
class CutShortError extends Error {}

/** This process has no identity that Azure knows. */
class NoCredentialError extends OpenAIError {}

/** A variable of the stack that is not set. */
class MissingVariableError extends Error {}

/** A way to the model. */
interface Way {
  readonly name: string;
  readonly client: OpenAI;
  readonly model: string;
}

/** Who answers, and the answer as it is written. */
interface Answer {
  readonly by: string;
  readonly pieces: AsyncIterable<string>;
}

type Tell = (text: string) => void;

/**
 * Asks the gateway first, and Azure OpenAI while the gateway is down.
 *
 * Each way is tried at most once for a question, and the clients do not retry: retries, cooldowns and failover
 * between regions are the gateway's work.
 */
class Chat {
  #down = false;
  #tryAgainAt = 0;

  constructor(
    readonly gateway: Way,
    readonly direct: Way | undefined,
    readonly coolOff: number = COOL_OFF,
    readonly tell: Tell = () => {},
  ) {}

  /** The whole answer in one piece. */
  answer(question: string): Promise<Answer> {
    return this.#firstThatAnswers((way) => whole(way, question));
  }

  /** The answer as it is written. Changing the way is possible until the first word, not after it. */
  stream(question: string): Promise<Answer> {
    return this.#firstThatAnswers((way) => begun(pieces(way, question)));
  }

  async #firstThatAnswers(ask: (way: Way) => Promise<AsyncIterable<string>>): Promise<Answer> {
    const refusals: string[] = [];
    for (const way of this.#ways()) {
      let pieces: AsyncIterable<string>;
      try {
        pieces = await ask(way);
      } catch (error) {
        const reason = whyDown(error, way === this.direct);
        if (reason === undefined) {
          // It answered, with a refusal that the other way would give as well.
          if (way === this.gateway && error instanceof APIError) this.#gatewayAnswered();
          throw error;
        }
        refusals.push(`${way.name}: ${reason}`);
        if (way === this.gateway) this.#gatewayFailed(reason);
        continue;
      }
      if (way === this.gateway) this.#gatewayAnswered();
      return { by: way.name, pieces };
    }
    throw new NoAnswerError(refusals.join("; "));
  }

  /** In the order to try them. */
  #ways(): Way[] {
    if (this.direct === undefined) return [this.gateway];
    if (this.#down && performance.now() < this.#tryAgainAt) return [this.direct, this.gateway];
    // When it was down, this call tries the gateway; the others stay direct until it knows.
    if (this.#down) this.#tryAgainAt = performance.now() + this.coolOff * 1000;
    return [this.gateway, this.direct];
  }

  #gatewayFailed(reason: string): void {
    const wasUp = !this.#down;
    this.#down = true;
    // Spread, so that the replicas of an application do not all come back in the same moment.
    this.#tryAgainAt = performance.now() + this.coolOff * 1000 * (1 + Math.random() / 2);
    if (wasUp) this.tell(`the gateway is down (${reason})`);
  }

  #gatewayAnswered(): void {
    const wasDown = this.#down;
    this.#down = false;
    if (wasDown) this.tell("the gateway is back");
  }
}

/** Why this way cannot answer now; undefined when it did answer, if only with a refusal (400, 401, 429 ...). */
function whyDown(error: unknown, direct: boolean): string | undefined {
  if (error instanceof CutShortError) return "the answer ended before it began";
  if (error instanceof APIConnectionTimeoutError) return "no answer in time";
  if (error instanceof APIConnectionError) return "no connection";
  if (error instanceof NoCredentialError) return "no Azure credential";
  if (error instanceof APIError && error.status !== undefined) {
    if ([502, 503, 504].includes(error.status)) return `status ${error.status}`;
    const contentType = error.headers?.get("content-type") ?? "";
    if ([403, 404].includes(error.status) && contentType.startsWith("text/html")) {
      // What Container Apps shows in the place of an app that is stopped (microsoft/azure-container-apps#755).
      return `status ${error.status}, the app is stopped`;
    }
    if (direct && error.status === 403 && error.message.includes("ublic access is disabled")) {
      return "status 403, the account is private and this is outside its network";
    }
  }
  return undefined;
}

function messages(question: string): OpenAI.ChatCompletionMessageParam[] {
  return [{ role: "user", content: question }];
}

async function whole(way: Way, question: string): Promise<AsyncIterable<string>> {
  const completion = await way.client.chat.completions.create({
    model: way.model,
    messages: messages(question),
  });
  return Readable.from([completion.choices[0]?.message.content ?? ""]);
}

async function* pieces(way: Way, question: string): AsyncGenerator<string> {
  const events = await way.client.chat.completions.create({
    model: way.model,
    messages: messages(question),
    stream: true,
  });
  let ended = false;
  try {
    for await (const event of events) {
      for (const choice of event.choices) {
        if (choice.delta.content) yield choice.delta.content;
        ended ||= choice.finish_reason !== null;
      }
    }
  } catch (error) {
    if (error instanceof OpenAIError) throw error;
    // The client hands over undici's own error when a connection breaks in the middle of a stream.
    const cause = error instanceof Error ? error : new Error(String(error));
    if (cause.cause instanceof Error && cause.cause.name === "BodyTimeoutError") {
      throw new APIConnectionTimeoutError();
    }
    throw new APIConnectionError({ cause });
  }
  if (!ended) throw new CutShortError();
}

/** The same pieces, once the first of them is here. */
async function begun(all: AsyncGenerator<string>): Promise<AsyncIterable<string>> {
  const first = await all.next();
  async function* rest(): AsyncGenerator<string> {
    if (first.done) return;
    let shown = first.value.length;
    yield first.value;
    try {
      for await (const piece of all) {
        shown += piece.length;
        yield piece;
      }
    } catch (cause) {
      const text = `the answer broke off after ${shown} characters; it is not asked again`;
      throw new BrokenStreamError(text, { cause });
    }
  }
  return rest();
}

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new MissingVariableError(name);
  return value;
}

/** A chat over the variables of the stack. */
function fromEnvironment(tell: Tell = () => {}): Chat {
  const base = (process.env["LITELLM_API_BASE"] || "http://localhost:4000").replace(/\/+$/, "").replace(/\/v1$/, "");
  const timeout = Number(process.env["LITELLM_TIMEOUT"] || TIMEOUT) * 1000;
  // Node's own fetch ignores HTTPS_PROXY and NO_PROXY; this agent follows them, and goes direct without them.
  const dispatcher = new EnvHttpProxyAgent({ bodyTimeout: timeout, connect: { timeout: 3000 } });
  const fetch = ((url: string, init: object) =>
    undiciFetch(url, { ...init, dispatcher })) as unknown as typeof globalThis.fetch;
  const common = { fetch, timeout, maxRetries: 0 };
  const gateway = new OpenAI({ ...common, baseURL: `${base}/v1`, apiKey: variable("LITELLM_API_KEY") });
  return new Chat(
    { name: "the gateway", client: gateway, model: variable("LITELLM_MODEL") },
    direct(common),
    Number(process.env["LITELLM_COOL_OFF"] || COOL_OFF),
    tell,
  );
}

/** Azure OpenAI itself: with its key where one is set, else with the identity that this runs as. */
function direct(common: { fetch: typeof globalThis.fetch; timeout: number; maxRetries: number }): Way | undefined {
  // Azure's endpoints end in a slash; the client joins with one of its own, and Azure answers `//openai` with 404.
  const endpoint = process.env["AZURE_OPENAI_ENDPOINT"]?.replace(/\/+$/, "");
  if (!endpoint) return undefined;
  const deployment = variable("AZURE_OPENAI_DEPLOYMENT");
  const apiVersion = variable("AZURE_OPENAI_API_VERSION");
  const key = process.env["AZURE_OPENAI_API_KEY"];
  const token = key ? undefined : tokens();
  let client: OpenAI;
  if (["v1", "preview", "latest"].includes(apiVersion)) {
    // The API without versions is plain OpenAI under /openai/v1.
    client = new OpenAI({ ...common, baseURL: `${endpoint}/openai/v1`, apiKey: key ?? token });
  } else {
    client = new AzureOpenAI({
      ...common,
      endpoint,
      deployment,
      apiVersion,
      ...(key ? { apiKey: key } : { azureADTokenProvider: token }),
    });
  }
  return { name: "Azure OpenAI", client, model: deployment };
}

function tokens(): () => Promise<string> {
  const provide = getBearerTokenProvider(new DefaultAzureCredential(), SCOPE);
  return async () => {
    try {
      return await provide();
    } catch (cause) {
      throw new NoCredentialError("no Azure credential", { cause });
    }
  };
}

/** Ask, and write the answer to standard output as it comes. False when there was none, or half of one. */
async function show(chat: Chat, question: string, stream: boolean): Promise<boolean> {
  try {
    const answer = stream ? await chat.stream(question) : await chat.answer(question);
    for await (const piece of answer.pieces) process.stdout.write(piece);
    process.stdout.write("\n");
    say(`answered by ${answer.by}`);
    return true;
  } catch (error) {
    if (error instanceof BrokenStreamError) {
      process.stdout.write("\n");
      say(`failed: ${error.message}`);
    } else if (error instanceof APIError && error.status !== undefined) {
      say(`failed: status ${error.status}, ${error.message}`);
    } else if (error instanceof OpenAIError || error instanceof NoAnswerError) {
      say(`failed: ${error.message}`);
    } else {
      throw error;
    }
    return false;
  }
}

function say(text: string): void {
  process.stderr.write(`chat: ${text}\n`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { whole: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const stream = !values.whole;
  let chat: Chat;
  try {
    chat = fromEnvironment(say);
  } catch (error) {
    if (!(error instanceof MissingVariableError)) throw error;
    say(`${error.message} is not set; examples/README.md says where it comes from`);
    return 2;
  }
  const [question] = positionals;
  if (question !== undefined) return (await show(chat, question, stream)) ? 0 : 1;
  let failed = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() && !(await show(chat, line.trim(), stream))) failed += 1;
  }
  return failed ? 1 : 0;
}

process.exitCode = await main();
