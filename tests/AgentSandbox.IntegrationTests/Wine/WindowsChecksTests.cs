namespace AgentSandbox.IntegrationTests.Wine;

/// <summary>The library's Windows halves, run under Wine.</summary>
[Collection(WineCollection.Name)]
public sealed class WindowsChecksTests(WindowsChecksRun run) : IClassFixture<WindowsChecksRun>
{
    [Theory]
    [InlineData("extract: a path that leads out is refused")]
    [InlineData("extract: names that Windows makes something else of are refused")]
    [InlineData("extract: two names that differ in case only are refused")]
    [InlineData("extract: a short name does not stand for a long one")]
    [InlineData("extract: links, hard links and devices are left out with notes")]
    [InlineData("extract: a file is not written through a link of its own archive")]
    [InlineData("extract: two entries of one name leave the last")]
    [InlineData("extract: a folder in the way of a file is a note")]
    [InlineData("extract: a file in the way of a folder is a note")]
    [InlineData("extract: limits hold")]
    [InlineData("extract: a cut archive is damaged")]
    [InlineData("extract: paths longer than 260 characters are made")]
    [InlineData("link: a folder that is a junction is not entered")]
    [InlineData("link: the item is not made through a junction")]
    [InlineData("link: a destination that is a junction is refused")]
    [InlineData("link: a source is not read through a junction in it")]
    [InlineData("link: a source that is a junction is refused")]
    [InlineData("link: a hard link is replaced, not written through")]
    [InlineData("link: a folder that is open can't be moved away")]
    [InlineData("archive: random trees arrive as they were")]
    [InlineData("archive: files of any size arrive as they were")]
    [InlineData("archive: the time of the last change arrives")]
    [InlineData("archive: where a copy goes")]
    [InlineData("state: the standard folder is the user's own")]
    [InlineData("state: a private folder is closed to others")]
    [InlineData("state: an open folder of one's own is closed or refused")]
    [InlineData("state: a lock is held by one, or shared by many")]
    [InlineData("state: a lock ends with its process")]
    [InlineData("state: questions don't keep a lock from being taken")]
    [InlineData("state: a folder goes with the lock that is held in it")]
    [InlineData("state: a hard link is made once")]
    [InlineData("state: a file is replaced while others read it")]
    [InlineData("state: records are added, found, refused a second time, forgotten")]
    [InlineData("state: this machine has no sandboxes of Linux, and says so")]
    public void It_holds(string check) => Assert.Equal("ok", Assert.Contains(check, run.Results));

    [Fact]
    public void No_check_is_left_out_here() => Assert.Equal(
        typeof(WindowsChecksTests).GetMethod(nameof(It_holds))!.GetCustomAttributesData().Count(a => a.AttributeType == typeof(InlineDataAttribute)), run.Results.Count);
}
