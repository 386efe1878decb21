using System.Buffers.Binary;

namespace MailServer.Storage;

/// <summary>
/// Which messages of a folder are in the index. A mark is made of the message's base name: a message that has got the UID of another,
/// because somebody brought an old UID list back, has not its mark and is read instead. Kept in blocks, of which an ordinary folder fills
/// most.
/// </summary>
internal sealed class FolderMarks
{
    /// <summary>UIDs of a block.</summary>
    public const int BlockSize = 128;

    private readonly Dictionary<uint, uint[]> _blocks = [];

    /// <summary>Whether the index has the text of that message.</summary>
    public bool Has(uint uid, string baseName) => At(uid) == MarkOf(baseName, isCut: false);

    /// <summary>Whether the index has the text of that message, or has found that it is too much.</summary>
    public bool HasSeen(uint uid, string baseName) => (At(uid) | 1) == MarkOf(baseName, isCut: true);

    /// <summary>Whether the index has something under that UID.</summary>
    public bool HasAny(uint uid) => At(uid) != 0;

    public void Set(uint uid, string baseName, bool isCut) => SetAt(uid, MarkOf(baseName, isCut));

    public void Clear(uint uid) => SetAt(uid, 0);

    /// <summary>Whether a block has a mark.</summary>
    public bool HasAnyIn(uint block) => _blocks[block].AsSpan().ContainsAnyExcept(0u);

    /// <summary>The UIDs with a mark, ends included.</summary>
    public IEnumerable<uint> Between(uint first, uint last)
    {
        foreach (var block in _blocks.Keys.Where(block => block >= first / BlockSize && block <= last / BlockSize))
            for (var at = 0u; at < BlockSize; at++)
                if ((block * BlockSize) + at is var uid && uid >= first && uid <= last && HasAny(uid))
                    yield return uid;
    }

    public void Read(uint block, ReadOnlySpan<byte> bytes)
    {
        var marks = _blocks[block] = new uint[BlockSize];
        for (var i = 0; i < BlockSize && (i + 1) * sizeof(uint) <= bytes.Length; i++)
            marks[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i * sizeof(uint))..]);
    }

    public byte[] Write(uint block)
    {
        var bytes = new byte[BlockSize * sizeof(uint)];
        for (var i = 0; i < BlockSize; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), _blocks[block][i]);
        return bytes;
    }

    private uint At(uint uid) => _blocks.TryGetValue(uid / BlockSize, out var marks) ? marks[uid % BlockSize] : 0;

    private void SetAt(uint uid, uint mark)
    {
        if (!_blocks.TryGetValue(uid / BlockSize, out var marks))
            _blocks[uid / BlockSize] = marks = new uint[BlockSize];
        marks[uid % BlockSize] = mark;
    }

    // FNV-1a: it must only be the same in every process, which string.GetHashCode is not. The lowest bit says that the text is too much.
    private static uint MarkOf(string baseName, bool isCut)
    {
        var hash = 2166136261u;
        foreach (var letter in baseName)
            hash = (hash ^ letter) * 16777619u;
        return Math.Max(hash & ~1u, 2) | (isCut ? 1u : 0);
    }
}
