// Requests to the gateway. Every address is relative to the page, so that any prefix in front of it stays.

export class ApiError extends Error {
    constructor(
        readonly status: number, // HTTP; 0: no answer at all
        readonly code: string,
        message: string,
        readonly hint = '',
    ) {
        super(message);
    }
}

export const address = (path: string): string => new URL(path, document.baseURI).href;

async function errorOf(response: Response): Promise<ApiError> {
    try {
        const {error} = await response.json();
        return new ApiError(response.status, error.code, error.message, error.hint);
    } catch {
        return new ApiError(response.status, 'http', `The gateway answered with HTTP status ${response.status}.`);
    }
}

/** How the gateway lets this page in: by a session of the form to sign in, the browser's own dialog, ingress, or openly. */
export const session: {by: '' | 'session' | 'login' | 'ingress' | 'open'} = {by: ''};

export async function learnSession(): Promise<void> {
    session.by = await json<typeof session>('api/session').then(({by}) => by, () => session.by); // a gateway that restarts tells nothing new
}

export async function signOut(): Promise<void> {
    await send('POST', 'logout', {});
    location.reload();
}

export async function request(path: string, init: RequestInit = {}): Promise<Response> {
    let response: Response;
    try {
        response = await fetch(address(path), {credentials: 'same-origin', ...init});
    } catch (cause) {
        if (init.signal?.aborted) throw cause;
        throw new ApiError(0, 'unreachable', 'The gateway does not answer.', 'Is it running, and is this device in the same network?');
    }
    if (response.status === 401 && session.by === 'session') location.reload(); // it is over: the form comes
    if (!response.ok) throw await errorOf(response);
    return response;
}

export async function json<T>(path: string, init: RequestInit = {}): Promise<T> {
    return (await request(path, init)).json() as Promise<T>;
}

export const send = <T>(method: string, path: string, body: unknown): Promise<T> =>
    json<T>(path, {method, headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});

export const devicePath = (id: string, rest = ''): string => `api/devices/${encodeURIComponent(id)}${rest}`;
