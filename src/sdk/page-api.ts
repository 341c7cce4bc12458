/** What of a form is told to the page's own scripts. */
export interface SdkEvents {
  /** A form is being sent. */
  submit: { form: HTMLFormElement | null; fields: URLSearchParams };
  /** The server has it; '' where it had it before. */
  sent: { id: string };
  /** It could not be sent yet, and is tried again. */
  queued: object;
  /** The server does not take it. */
  refused: { code: string; message: string; details: { path: string; message: string }[] };
}

/** `window.LeadToSheet`. */
export interface LeadToSheet {
  /** Sends fields as a form would. Rejects with an Error that has a `code`: the server's, or `queued`. */
  submit(fields: Record<string, unknown>, options?: { form?: string }): Promise<{ id: string }>;
  /** Fields that go with every form of this page from now on, where a form has none of that name. */
  identify(fields: Record<string, unknown>): void;
  /** Calls the handler at each event. */
  on<E extends keyof SdkEvents>(event: E, handler: (data: SdkEvents[E]) => void): void;
  /** Leaves out the forms and fields that a CSS selector names. */
  ignore(selector: string): void;
  /** The endpoints that scripts on this page send to. */
  sites: string[];
}

declare global {
  interface Window {
    LeadToSheet?: LeadToSheet;
  }
}

const handlers: [event: string, handler: (data: never) => void][] = [];

export function on(event: string, handler: (data: never) => void): void {
  handlers.push([event, handler]);
}

/** What a handler of the page throws is the page's own error, and shows as that; it stops nothing here. */
export function emit(event: keyof SdkEvents, data: object): void {
  for (const [wanted, handler] of handlers) {
    try {
      if (wanted === event) handler(data as never);
    } catch (error) {
      reportError(error);
    }
  }
}
