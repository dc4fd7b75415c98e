/** The key that the suite signs and verifies with: that of the specification's examples, and no secret. */
export const SECRET = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
export const KEY_ID = 'key_1';
