/** The parts of peers without types of their own that are called here. */

declare module 'hawk' {
  export interface Credentials {
    readonly id: string;
    readonly key: string;
    readonly algorithm: 'sha256';
  }
  export interface HawkRequest {
    readonly method: string;
    readonly url: string;
    readonly host: string;
    readonly port: number;
    readonly authorization: string;
    readonly contentType: string;
  }
  export const client: {
    header(
      url: string,
      method: string,
      options: {
        credentials: Credentials;
        payload?: string | Uint8Array;
        contentType?: string;
        nonce?: string;
      },
    ): { header: string };
  };
  export const server: {
    authenticate(
      request: HawkRequest,
      find: (id: string) => Credentials | undefined | Promise<Credentials | undefined>,
      options: {
        payload?: string | Uint8Array;
        nonceFunc?: (key: string, nonce: string, ts: string) => void | Promise<void>;
      },
    ): Promise<{ credentials: Credentials }>;
  };
}

declare module 'aws4' {
  export function sign(
    request: {
      method: string;
      host: string;
      path: string;
      service: string;
      region: string;
      headers: Record<string, string>;
      body: string;
    },
    credentials: { accessKeyId: string; secretAccessKey: string },
  ): { headers: Record<string, string> };
}
